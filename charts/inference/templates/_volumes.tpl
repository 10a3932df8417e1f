{{/* Where the container's volumes are mounted, as a YAML list. */}}
{{- define "inference.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if include "inference.hasPublicKey" . }}
- name: public-key
  mountPath: /keys
  readOnly: true
{{- end }}
{{- if eq .Values.model.source "registry" }}
- name: cache
  mountPath: /cache
{{- if .Values.model.store.existingClaim }}
- name: store
  mountPath: {{ .Values.model.store.mountPath }}
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{/* The pod's volumes, as a YAML list. */}}
{{- define "inference.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.tmp.sizeLimit }}
{{- if include "inference.hasPublicKey" . }}
- name: public-key
  {{- include "inference.publicKeyVolume" . | nindent 2 }}
{{- end }}
{{- if eq .Values.model.source "registry" }}
- name: cache
  {{- if .Values.model.cache.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ .Values.model.cache.existingClaim }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .Values.model.cache.sizeLimit }}
  {{- end }}
{{- if .Values.model.store.existingClaim }}
- name: store
  persistentVolumeClaim:
    claimName: {{ .Values.model.store.existingClaim }}
    readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{/* The one key that is mounted, whatever else lies beside it. Everybody may read it: it is public. */}}
{{- define "inference.publicKeyVolume" -}}
{{- $key := .Values.model.publicKey -}}
{{- if $key.existingSecret -}}
secret:
  secretName: {{ $key.existingSecret }}
{{- else -}}
configMap:
  name: {{ $key.configMap | default (include "inference.publicKeyName" .) }}
{{- end }}
  defaultMode: 0444
  items:
    - key: {{ ternary "trainer.pub.pem" $key.key (not (empty $key.pem)) }}
      path: trainer.pub.pem
{{- end -}}

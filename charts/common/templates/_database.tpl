{{/* The database of a service, whose address is in a Secret. */}}

{{/*
Its environment, as a YAML list; an empty one without a Secret. Takes
  existingSecret, key      where the address is
  connections              most of one process
  timeoutSeconds           longest transaction
*/}}
{{- define "ekiben.databaseEnv" -}}
{{- if .existingSecret -}}
- name: EKIBEN_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .key }}
- name: EKIBEN_DATABASE_CONNECTIONS
  value: {{ .connections | int64 | quote }}
- name: EKIBEN_DATABASE_TIMEOUT_SECONDS
  value: {{ .timeoutSeconds | toString | quote }}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* Labels by which policies know who may connect to it, as YAML; nothing without a Secret. Takes {existingSecret}. */}}
{{- define "ekiben.databaseLabels" -}}
{{- if .existingSecret -}}
ekiben.io/database-client: "true"
{{- end -}}
{{- end -}}

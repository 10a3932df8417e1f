{{/* What pods have in common. */}}

{{/* Where a pod may run, and as whom. Takes {root, image}. */}}
{{- define "analyst.placement" -}}
{{- $root := .root -}}
{{- include "ekiben.imagePullSecrets" . }}
serviceAccountName: {{ include "ekiben.serviceAccountName" (merge (dict "root" $root) (include "analyst.account" $root | fromYaml)) }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- include "ekiben.podSecurityContext" $root.Values.securityContext | nindent 2 }}
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Image, its pull policy and the container's security context. Takes {root, image}. */}}
{{- define "analyst.container" -}}
image: {{ include "ekiben.image" . }}
imagePullPolicy: {{ .image.pullPolicy }}
securityContext:
  {{- include "ekiben.containerSecurityContext" . | nindent 2 }}
{{- end -}}

{{/* Where the number of the language model's threads comes from, as the rest of an environment variable. */}}
{{- define "analyst.threads" -}}
{{- $limits := .Values.llm.resources.limits | default dict -}}
{{- $requests := .Values.llm.resources.requests | default dict -}}
{{- if .Values.llm.threads -}}
value: {{ .Values.llm.threads | int64 | quote }}
{{- else if hasKey $limits "cpu" -}}
valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "1"}}
{{- else if hasKey $requests "cpu" -}}
valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: "1"}}
{{- else -}}
{{- fail "llm.threads: give a number, as llm.resources name no cpu" -}}
{{- end -}}
{{- end -}}

{{/* What the collector is told beside its sources, as a YAML list. */}}
{{- define "analyst.collectEnv" -}}
{{- include "ekiben.databaseEnv" .Values.database }}
- name: EKIBEN_LOG_LEVEL
  value: {{ .Values.log.level | quote }}
- name: EKIBEN_COLLECT_TIMEOUT_SECONDS
  value: {{ .Values.collect.timeoutSeconds | toString | quote }}
- name: EKIBEN_COLLECT_ATTEMPTS
  value: {{ .Values.collect.attempts | int64 | quote }}
{{- range $what := list "prices" "news" "analyses" "usage" }}
- name: EKIBEN_COLLECT_KEEP_{{ upper $what }}_DAYS
  value: {{ index $.Values.collect.keep (printf "%sDays" $what) | int64 | quote }}
{{- end }}
{{- end -}}

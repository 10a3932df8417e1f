{{/* What this chart is about, for the templates of the library. */}}
{{- define "postgresql.subject" -}}
{{- toYaml (dict "name" "postgresql" "component" "database" "version" .Values.image.tag) -}}
{{- end -}}

{{/* Combinations that can't work. */}}
{{- define "postgresql.check" -}}
{{- if and .Values.podMonitor.enabled (not .Values.metrics.enabled) -}}
  {{- fail "podMonitor.enabled: there is nothing to fetch with metrics.enabled: false" -}}
{{- end -}}
{{- end -}}

{{/* What this chart is about, for the templates of the library. */}}
{{- define "postgresql.subject" -}}
{{- toYaml (dict "name" "postgresql" "component" "database" "version" .Values.image.tag) -}}
{{- end -}}

{{/* Combinations that can't work. */}}
{{- define "postgresql.check" -}}
{{- if and .Values.podMonitor.enabled (not .Values.metrics.enabled) -}}
  {{- fail "podMonitor.enabled: there is nothing to fetch with metrics.enabled: false" -}}
{{- end -}}
{{- range $database, $_ := include "postgresql.databases" . | fromYaml -}}
  {{- if or (eq $database $.Values.auth.database) (eq $database $.Values.auth.username) -}}
    {{- fail (printf "databases.%s: that is the first database, or its owner: see auth" $database) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* The further databases without those that were set to null, as YAML. */}}
{{- define "postgresql.databases" -}}
{{- $found := dict -}}
{{- range $database, $account := .Values.databases -}}
  {{- if not (kindIs "invalid" $account) -}}{{- $_ := set $found $database $account -}}{{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

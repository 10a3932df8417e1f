{{/* What this chart is about, for the templates of the library. */}}
{{- define "mlflow.subject" -}}
{{- toYaml (dict "name" "mlflow" "component" "registry") -}}
{{- end -}}

{{/* Comma separated hosts to which requests may be addressed; those of probes always pass. */}}
{{- define "mlflow.allowedHosts" -}}
{{- $name := include "ekiben.fullname" (dict "root" . "name" "mlflow") -}}
{{- $own := list -}}
{{- range list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.%s" $name .Release.Namespace .Values.clusterDomain) -}}
  {{- $own = concat $own (list . (printf "%s:%d" . (int $.Values.service.port))) -}}
{{- end -}}
{{- $own = concat $own (list "localhost" "localhost:*" "127.0.0.1" "127.0.0.1:*") -}}
{{- $offered := concat .Values.allowedHosts (ternary .Values.ingress.hosts list .Values.ingress.enabled) (ternary .Values.httpRoute.hostnames list .Values.httpRoute.enabled) -}}
{{- concat $own $offered | uniq | join "," -}}
{{- end -}}

{{/* Whether artifacts are on a volume. */}}
{{- define "mlflow.onVolume" -}}
{{- if not .Values.artifacts.destination }}true{{ end -}}
{{- end -}}

{{/* Combinations that can't work. */}}
{{- define "mlflow.check" -}}
{{- if and .Values.migration.enabled (ne .Values.strategy "Recreate") -}}
  {{- fail "strategy: RollingUpdate would migrate the database beside servers of the old version; keep Recreate, or set migration.enabled to false and migrate by hand" -}}
{{- end -}}
{{- $persistence := .Values.artifacts.persistence -}}
{{- $shared := has "ReadWriteMany" $persistence.accessModes -}}
{{- if and (gt (int .Values.replicas) 1) (include "mlflow.onVolume" .) (not $persistence.existingClaim) (not $shared) -}}
  {{- fail "replicas: more than one server needs artifacts.destination, or artifacts.persistence.accessModes with ReadWriteMany" -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled (not .Values.metrics.enabled) -}}
  {{- fail "podMonitor.enabled: there is nothing to fetch with metrics.enabled: false" -}}
{{- end -}}
{{- end -}}

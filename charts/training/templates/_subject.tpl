{{/* What this chart is about, for the templates of the library: CronJobs that train, those that prune, and the reconciler. */}}
{{- define "training.subject" -}}
{{- toYaml (dict "name" "training" "component" "training" "longest" 29) -}}
{{- end -}}

{{- define "retention.subject" -}}
{{- $training := include "ekiben.fullname" (dict "root" . "name" "training" "longest" 29) -}}
{{- toYaml (dict "name" "retention" "component" "retention" "fullnameOverride" (printf "%s-prune" $training)) -}}
{{- end -}}

{{- define "reconciler.subject" -}}
{{- $override := .Values.reconciler.fullnameOverride -}}
{{- if and .Values.fullnameOverride (not $override) -}}
  {{- $override = printf "%s-reconciler" .Values.fullnameOverride -}}
{{- end -}}
{{- toYaml (dict "name" "reconciler" "component" "rollout" "fullnameOverride" $override) -}}
{{- end -}}

{{/* The models with all that was given for all: a map of name to {promotion, train, retention}. */}}
{{- define "training.models" -}}
{{- $models := dict -}}
{{- range $name, $model := .Values.models -}}
  {{- if not (kindIs "invalid" $model) -}}
    {{- $common := dict "promotion" $.Values.promotion "train" $.Values.train "retention" $.Values.retention -}}
    {{- $_ := set $models $name (mergeOverwrite (deepCopy $common) (deepCopy $model)) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $models -}}
{{- end -}}

{{/* The claim of the store, or nothing if it is a bucket. */}}
{{- define "training.storeClaim" -}}
{{- if not .Values.store.uri -}}
{{- $persistence := .Values.store.persistence -}}
{{- $name := include "ekiben.fullname" (dict "root" . "name" "training" "longest" 29) -}}
{{- $persistence.existingClaim | default $persistence.name | default (printf "%s-store" $name) -}}
{{- end -}}
{{- end -}}

{{/* Namespaces that are watched, as a YAML list; the own one first. */}}
{{- define "training.namespaces" -}}
{{- prepend .Values.watch.namespaces .Release.Namespace | uniq | toYaml -}}
{{- end -}}

{{/* Combinations that can't work. */}}
{{- define "training.check" -}}
{{- if and .Values.watch.allNamespaces .Values.watch.namespaces -}}
  {{- fail "watch: give namespaces, or allNamespaces, not both" -}}
{{- end -}}
{{- range $name, $_ := include "training.models" . | fromYaml -}}
  {{- if gt (len $name) 16 -}}
    {{- fail (printf "models.%s: a name of more than 16 characters does not fit in a CronJob's" $name) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

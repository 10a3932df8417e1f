{{/* What this chart is about, for the templates of the library: runs that collect, a language model, and what watches them. */}}

{{/* How all names begin. */}}
{{- define "analyst.base" -}}
{{- include "ekiben.fullname" (dict "root" . "name" "analyst" "longest" 45) | trimSuffix "-data" -}}
{{- end -}}

{{/* A subject. Takes {root, part, component}, and `version` if it is not that of the collector's image. */}}
{{- define "analyst.subject" -}}
{{- $image := ternary .root.Values.llm.image .root.Values.image (eq .part "llm") -}}
{{- toYaml (dict "name" (printf "analyst-%s" .part) "component" .component "version" $image.tag "fullnameOverride" (printf "%s-%s" (include "analyst.base" .root) .part)) -}}
{{- end -}}

{{/* The kinds of runs that are wanted, as a YAML map of name to {settings, env, outside: whether they ask the world}. */}}
{{- define "analyst.runs" -}}
{{- $runs := dict -}}
{{- $prices := .Values.prices -}}
{{- if $prices.enabled -}}
  {{- $env := list
    (dict "name" "EKIBEN_COLLECT_PRICES" "value" (join "," $prices.sources))
    (dict "name" "EKIBEN_COLLECT_SYMBOLS" "value" (join "," $prices.symbols))
    (dict "name" "EKIBEN_COLLECT_BACKFILL_HOURS" "value" ($prices.backfillHours | int64 | toString))
    (dict "name" "EKIBEN_COLLECT_JUMP_PERCENT" "value" ($prices.jumpPercent | toString))
    (dict "name" "EKIBEN_COLLECT_ARCHIVES" "value" .Values.collect.archives.folder)
  -}}
  {{- $_ := set $runs "prices" (dict "settings" $prices "env" $env "outside" (eq (include "analyst.pricesAreLive" .) "true")) -}}
{{- end -}}
{{- if .Values.news.enabled -}}
  {{- $env := list (dict "name" "EKIBEN_COLLECT_NEWS" "value" (join "," .Values.news.sources)) -}}
  {{- $_ := set $runs "news" (dict "settings" .Values.news "env" $env "outside" true) -}}
{{- end -}}
{{- toYaml $runs -}}
{{- end -}}

{{/* Whether today's prices are collected: true or false. */}}
{{- define "analyst.pricesAreLive" -}}
{{- and .Values.prices.enabled (ne (join "," .Values.prices.sources) "history") -}}
{{- end -}}

{{/* The ServiceAccount of all pods: what `ekiben.serviceAccountName` takes. */}}
{{- define "analyst.account" -}}
{{- $subject := include "analyst.subject" (dict "root" . "part" "data" "component" "collection") | fromYaml -}}
{{- toYaml (merge (dict "serviceAccount" .Values.serviceAccount) $subject) -}}
{{- end -}}

{{/* Combinations that can't work. */}}
{{- define "analyst.check" -}}
{{- if not (or .Values.prices.enabled .Values.news.enabled .Values.llm.enabled) -}}
  {{- fail "prices.enabled, news.enabled, llm.enabled: nothing is left to install" -}}
{{- end -}}
{{- end -}}

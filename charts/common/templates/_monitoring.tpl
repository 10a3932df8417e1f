{{/*
What Prometheus and Grafana read. Jobs are called after app.kubernetes.io/name: in an umbrella chart all parts
share one instance.
*/}}

{{/* Annotations of a pod that Prometheus finds by itself. Takes {port, path}. */}}
{{- define "ekiben.scrapeAnnotations" -}}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .port | quote }}
prometheus.io/path: {{ .path | quote }}
{{- end -}}

{{/* One endpoint of a monitor. Takes {port, path, monitor}; the last is {interval, scrapeTimeout}. */}}
{{- define "ekiben.monitorEndpoint" -}}
port: {{ .port }}
path: {{ .path }}
{{- with .monitor.interval }}
interval: {{ . }}
{{- end }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- end -}}

{{/* Labels of a monitoring object: the chart's and those by which an operator selects. Takes a subject and
`labels`. */}}
{{- define "ekiben.monitoringLabels" -}}
{{- include "ekiben.merge" (dict "own" (include "ekiben.labels" . | fromYaml) "extra" .labels "where" .where) -}}
{{- end -}}

{{/*
A whole PodMonitor. Takes a subject and
  monitor  {labels, interval, scrapeTimeout}
  port     name of the container's port
  path     of the metrics
*/}}
{{- define "ekiben.podMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ include "ekiben.fullname" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ekiben.monitoringLabels" (merge (dict "labels" .monitor.labels "where" "podMonitor.labels") .) | nindent 4 }}
spec:
  jobLabel: app.kubernetes.io/name
  selector:
    matchLabels:
      {{- include "ekiben.selectorLabels" . | nindent 6 }}
  podMetricsEndpoints:
    - {{- include "ekiben.monitorEndpoint" . | nindent 6 }}
{{- end -}}

{{/* A whole ServiceMonitor. Takes what `ekiben.podMonitor` takes; `port` is the Service's. */}}
{{- define "ekiben.serviceMonitor" -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "ekiben.fullname" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ekiben.monitoringLabels" (merge (dict "labels" .monitor.labels "where" "serviceMonitor.labels") .) | nindent 4 }}
spec:
  jobLabel: app.kubernetes.io/name
  selector:
    matchLabels:
      {{- include "ekiben.selectorLabels" . | nindent 6 }}
  endpoints:
    - {{- include "ekiben.monitorEndpoint" . | nindent 6 }}
{{- end -}}

{{/*
The rule groups of every file in files/rules, as a YAML list. Each file is a template that gives
`groups`. Alerts named in `alerts.disabled` are left out; the others get `alerts.labels` and the address of
their runbook: `alerts.runbookUrl` and the alert's name. Takes {root}.
*/}}
{{- define "ekiben.ruleGroups" -}}
{{- $alerts := .root.Values.alerts | default dict -}}
{{- $groups := list -}}
{{- range $path, $_ := .root.Files.Glob "files/rules/*.yaml" -}}
  {{- $file := tpl ($.root.Files.Get $path) $.root | fromYaml -}}
  {{- if not (hasKey $file "groups") -}}
    {{- fail (printf "%s: %s" $path (get $file "Error" | default "there are no groups")) -}}
  {{- end -}}
  {{- range $group := $file.groups -}}
    {{- $rules := list -}}
    {{- range $rule := $group.rules -}}
      {{- if not (hasKey $rule "alert") -}}
        {{- $rules = append $rules $rule -}}
      {{- else if not (has $rule.alert ($alerts.disabled | default list)) -}}
        {{- $rules = append $rules (include "ekiben.alert" (dict "rule" $rule "alerts" $alerts) | fromYaml) -}}
      {{- end -}}
    {{- end -}}
    {{- with $rules -}}
      {{- $groups = append $groups (merge (dict "rules" .) $group) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $groups -}}
{{- end -}}

{{/* One alert with its labels and its runbook. Takes {rule, alerts}. */}}
{{- define "ekiben.alert" -}}
{{- $labels := merge (dict) (.alerts.labels | default dict) (.rule.labels | default dict) -}}
{{- $annotations := merge (dict) (.rule.annotations | default dict) -}}
{{- with .alerts.runbookUrl -}}
  {{- $_ := set $annotations "runbook_url" (printf "%s#%s" . (lower $.rule.alert)) -}}
{{- end -}}
{{- toYaml (merge (dict "labels" $labels "annotations" $annotations) .rule) -}}
{{- end -}}

{{/* A whole PrometheusRule, or nothing if there are no rules. Takes a subject and `labels`. */}}
{{- define "ekiben.prometheusRule" -}}
{{- $groups := include "ekiben.ruleGroups" . | fromYamlArray -}}
{{- if $groups -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ include "ekiben.fullname" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ekiben.monitoringLabels" (merge (dict "where" "prometheusRule.labels") .) | nindent 4 }}
spec:
  groups:
    {{- toYaml $groups | nindent 4 }}
{{- end -}}
{{- end -}}

{{/*
A whole ConfigMap with the dashboards in files/dashboards as they are (Grafana has braces of its own), or
nothing. Takes a subject and
  labels       by which Grafana's sidecar finds it
  annotations  such as the folder
*/}}
{{- define "ekiben.dashboards" -}}
{{- $files := .root.Files.Glob "files/dashboards/*.json" -}}
{{- if $files -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "ekiben.fullname" . }}-dashboards
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ekiben.monitoringLabels" (merge (dict "where" "dashboards.labels") .) | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
data:
  {{- range $path, $content := $files }}
  {{ base $path }}: |-
    {{- $content | toString | trim | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/*
Names and labels. Most templates here take a *subject*: which thing of a chart is meant.
  root       the chart's own context, `$`
  name       app.kubernetes.io/name, such as `battle`
  component  app.kubernetes.io/component, such as `inference`
and, if they are wanted,
  version           app.kubernetes.io/version; the chart's appVersion otherwise
  fullnameOverride  wins over the value of that name, for charts of more than one subject
  longest           longest name in characters: 52 for a CronJob; 63 otherwise
*/}}

{{/* The name of every object: the release's if it contains the subject's, else both joined. */}}
{{- define "ekiben.fullname" -}}
{{- $longest := int (.longest | default 63) -}}
{{- $joined := ternary .root.Release.Name (printf "%s-%s" .root.Release.Name .name) (contains .name .root.Release.Name) -}}
{{- .fullnameOverride | default .root.Values.fullnameOverride | default $joined | trunc $longest | trimSuffix "-" -}}
{{- end -}}

{{/* Labels that never change while a release lives, as selectors may not. */}}
{{- define "ekiben.selectorLabels" -}}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/name: {{ .name | quote }}
{{- end -}}

{{/* Labels of a pod template. Without the chart's version, which would restart pods for nothing. */}}
{{- define "ekiben.podLabels" -}}
{{- $own := include "ekiben.selectorLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/component" .component -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "ekiben" -}}
{{- $_ := set $own "app.kubernetes.io/version" (include "ekiben.version" .) -}}
{{- include "ekiben.merge" (dict "own" $own "extra" .root.Values.commonLabels "where" "commonLabels") -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "ekiben.labels" -}}
{{- $own := include "ekiben.podLabels" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63) -}}
{{- toYaml $own -}}
{{- end -}}

{{/* What runs, as a label can say it. */}}
{{- define "ekiben.version" -}}
{{- .version | default .root.Chart.AppVersion | replace "+" "_" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{/* `metadata` of an object: name, namespace, labels. Takes a subject, and `suffix` for the name if wanted. */}}
{{- define "ekiben.metadata" -}}
name: {{ include "ekiben.fullname" . }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "ekiben.labels" . | nindent 2 }}
{{- end -}}

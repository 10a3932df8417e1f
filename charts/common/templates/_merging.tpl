{{/* Maps and lists to which a user may add, but whose own part the chart keeps. */}}

{{/*
A map with a user's additions. Fails, naming the value, if an addition is the chart's own key.
  own    map that the chart sets
  extra  map that the user sets
  where  name of the user's value, for the message
*/}}
{{- define "ekiben.merge" -}}
{{- $merged := deepCopy (.own | default dict) -}}
{{- range $key, $value := .extra -}}
  {{- if hasKey $merged $key -}}
    {{- fail (printf "%s: %s is set by the chart itself, leave it out" $.where $key) -}}
  {{- end -}}
  {{- if not (kindIs "invalid" $value) -}}
    {{- $_ := set $merged $key $value -}}
  {{- end -}}
{{- end -}}
{{- with $merged -}}{{ toYaml . }}{{- end -}}
{{- end -}}

{{/*
`env` of a container without a name twice, which server-side apply refuses.
  own    list of {name, value} or {name, valueFrom} that the chart sets
  extra  map: a name and its value, a string or {valueFrom: …}
  where  name of the user's value, for the message; `extraEnv` otherwise
*/}}
{{- define "ekiben.env" -}}
{{- $where := .where | default "extraEnv" -}}
{{- $entries := list -}}
{{- $owned := dict -}}
{{- range .own -}}
  {{- if hasKey $owned .name -}}{{- fail (printf "the chart sets %s twice" .name) -}}{{- end -}}
  {{- $_ := set $owned .name true -}}
  {{- $entries = append $entries . -}}
{{- end -}}
{{- range $name, $value := .extra -}}
  {{- if hasKey $owned $name -}}
    {{- fail (printf "%s: %s is set by the chart itself, use the chart's own value for it" $where $name) -}}
  {{- end -}}
  {{- if kindIs "map" $value -}}
    {{- $entries = append $entries (merge (dict "name" $name) $value) -}}
  {{- else if not (kindIs "invalid" $value) -}}
    {{- $entries = append $entries (dict "name" $name "value" (toString $value)) -}}
  {{- end -}}
{{- end -}}
{{- with $entries -}}{{ toYaml . }}{{- end -}}
{{- end -}}

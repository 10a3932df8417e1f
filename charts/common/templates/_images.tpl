{{/*
An image reference: by digest if there is one, else by tag, else by the chart's appVersion.
  root   the chart's context; `global.imageRegistry` replaces the registry's host
  image  {repository, tag, digest}
*/}}
{{- define "ekiben.image" -}}
{{- $repository := .image.repository -}}
{{- with (.root.Values.global | default dict).imageRegistry -}}
  {{- $parts := splitList "/" $repository -}}
  {{- $host := first $parts -}}
  {{- if and (gt (len $parts) 1) (or (contains "." $host) (contains ":" $host) (eq $host "localhost")) -}}
    {{- $repository = join "/" (rest $parts) -}}
  {{- end -}}
  {{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/*
`imagePullSecrets`, or nothing. Takes {root, image}: `global.imagePullSecrets` and `image.pullSecrets`, lists
of names.
*/}}
{{- define "ekiben.imagePullSecrets" -}}
{{- $names := concat ((.root.Values.global | default dict).imagePullSecrets | default list) (.image.pullSecrets | default list) | uniq -}}
{{- with $names -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/*
A whole NetworkPolicy: what it does not name is refused, in both directions. Takes a subject and
  ingress  list of NetworkPolicyIngressRule
  egress   list of NetworkPolicyEgressRule
*/}}
{{- define "ekiben.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "ekiben.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "ekiben.selectorLabels" . | nindent 6 }}
  policyTypes:
    - Ingress
    - Egress
  ingress: {{- .ingress | default list | toYaml | nindent 4 }}
  egress: {{- .egress | default list | toYaml | nindent 4 }}
{{- end -}}

{{/*
One rule as a YAML list of one item, or an empty list if there are no peers: a rule without peers would let
everybody in.
  direction  from or to
  peers      list of NetworkPolicyPeer
  ports      list of TCP ports
*/}}
{{- define "ekiben.networkRule" -}}
{{- $rules := list -}}
{{- if .peers -}}
  {{- $ports := list -}}
  {{- range .ports -}}
    {{- $ports = append $ports (dict "protocol" "TCP" "port" .) -}}
  {{- end -}}
  {{- $rules = list (dict .direction .peers "ports" $ports) -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* The egress rule for names, as `ekiben.networkRule` gives it. Takes {peers}: where the DNS servers are. */}}
{{- define "ekiben.dnsRule" -}}
{{- $rules := list -}}
{{- if .peers -}}
  {{- $ports := list (dict "protocol" "UDP" "port" 53) (dict "protocol" "TCP" "port" 53) -}}
  {{- $rules = list (dict "to" .peers "ports" $ports) -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* What a pod under Pod Security `restricted` needs, and what several kinds of pods have in common. */}}

{{/*
`securityContext` of a pod. Takes {runAsUser, runAsGroup, fsGroup}; one that is null is left out, for
platforms that choose the numbers themselves.
*/}}
{{- define "ekiben.podSecurityContext" -}}
runAsNonRoot: true
{{- range $field := list "runAsUser" "runAsGroup" "fsGroup" }}
{{- $id := get $ $field }}
{{- if not (or (kindIs "invalid" $id) (kindIs "string" $id)) }}
{{ $field }}: {{ int64 $id }}
{{- if eq $field "fsGroup" }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
{{- end }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* `securityContext` of a container. Takes anything. */}}
{{- define "ekiben.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop:
    - ALL
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
{{- end -}}

{{/*
The name of the ServiceAccount that pods use. Takes a subject and
  serviceAccount  {create, name, annotations}
*/}}
{{- define "ekiben.serviceAccountName" -}}
{{- if .serviceAccount.create -}}
{{- .serviceAccount.name | default (include "ekiben.fullname" .) -}}
{{- else -}}
{{- .serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* A whole ServiceAccount without a token, or nothing. Takes what `ekiben.serviceAccountName` takes. */}}
{{- define "ekiben.serviceAccount" -}}
{{- if .serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "ekiben.serviceAccountName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "ekiben.labels" . | nindent 4 }}
  {{- with .serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{/*
An HTTP probe.
  path   of the request
  port   name or number
  probe  {periodSeconds, timeoutSeconds, failureThreshold, …}
*/}}
{{- define "ekiben.httpProbe" -}}
httpGet:
  path: {{ .path }}
  port: {{ .port }}
{{ toYaml .probe }}
{{- end -}}

{{/*
`topologySpreadConstraints`, or nothing. Takes a subject and
  spread  {hostname, zone}: DoNotSchedule, ScheduleAnyway, or empty for none
Only pods of one version are counted, so that a rolling update ends as evenly spread as it began.
*/}}
{{- define "ekiben.topologySpread" -}}
{{- $keys := list (list "hostname" "kubernetes.io/hostname") (list "zone" "topology.kubernetes.io/zone") -}}
{{- $constraints := list -}}
{{- range $keys -}}
  {{- with get $.spread (first .) -}}{{- $constraints = append $constraints . -}}{{- end -}}
{{- end -}}
{{- if $constraints -}}
topologySpreadConstraints:
{{- range $pair := $keys }}
{{- with get $.spread (first $pair) }}
  - topologyKey: {{ last $pair }}
    maxSkew: 1
    whenUnsatisfiable: {{ . }}
    labelSelector:
      matchLabels:
        {{- include "ekiben.selectorLabels" $ | nindent 8 }}
    matchLabelKeys:
      - pod-template-hash
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
A whole PodDisruptionBudget that never holds up a drain for good: one pod may always go, and a pod that is not
ready does not count. Takes a subject and
  maxUnavailable  number, or share such as 25%
*/}}
{{- define "ekiben.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "ekiben.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .maxUnavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "ekiben.selectorLabels" . | nindent 6 }}
{{- end -}}

{{/*
A digest of a ConfigMap or Secret that is not the chart's own, for an annotation that restarts pods when it
changes; nothing where no cluster answers (`helm template`, GitOps) or there is no such object.
  root  the chart's context
  kind  ConfigMap or Secret
  name  of the object
*/}}
{{- define "ekiben.checksum" -}}
{{- with lookup "v1" .kind .root.Release.Namespace .name -}}
{{- dict "data" .data "binaryData" .binaryData | toJson | sha256sum -}}
{{- end -}}
{{- end -}}

{{/* Refuses what the schema can't compare: two values with each other. */}}
{{- define "inference.validate" -}}
{{- $scaling := .Values.autoscaling -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
  {{- fail (printf "autoscaling.minReplicas: %d is more than autoscaling.maxReplicas, %d" (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- end -}}
{{- if and .Values.grpc.enabled (eq (int .Values.grpc.port) (int .Values.service.port)) -}}
  {{- fail (printf "grpc.port: %d is service.port too" (int .Values.grpc.port)) -}}
{{- end -}}
{{- if le (int .Values.progressDeadlineSeconds) (int .Values.model.fetchTimeoutSeconds) -}}
  {{- fail (printf "progressDeadlineSeconds: %d is not longer than model.fetchTimeoutSeconds, %d" (int .Values.progressDeadlineSeconds) (int .Values.model.fetchTimeoutSeconds)) -}}
{{- end -}}
{{- end -}}

{{/* Name of the ConfigMap with the public key that the chart makes. */}}
{{- define "inference.publicKeyName" -}}
{{- include "ekiben.fullname" (dict "root" . "name" .Values.name) }}-public-key
{{- end -}}

{{/* Where the model comes from, and whether it is pinned here: auto, git or off. */}}
{{- define "inference.rollout" -}}
{{- if eq .Values.model.source "image" -}}off{{- else if .Values.model.pin.uri -}}git{{- else -}}auto{{- end -}}
{{- end -}}

{{/*
Seconds from the order to stop until the kill: as if nothing were, lingering, requests under way, five to spare.
*/}}
{{- define "inference.gracePeriodSeconds" -}}
{{- add .Values.preStopSleepSeconds (ceil .Values.server.lingerSeconds | int64) .Values.server.drainSeconds 5 -}}
{{- end -}}

{{/* Whether a public key is mounted: true or nothing. */}}
{{- define "inference.hasPublicKey" -}}
{{- with .Values.model.publicKey -}}
{{- if or .pem .configMap .existingSecret -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where the number of threads comes from, as the rest of an environment variable. */}}
{{- define "inference.threads" -}}
{{- $limits := .Values.resources.limits | default dict -}}
{{- $requests := .Values.resources.requests | default dict -}}
{{- if .Values.model.threads -}}
value: {{ .Values.model.threads | int64 | quote }}
{{- else if hasKey $limits "cpu" -}}
valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: "1"}}
{{- else if hasKey $requests "cpu" -}}
valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: "1"}}
{{- else -}}
{{- fail "model.threads: give a number, as resources name no cpu" -}}
{{- end -}}
{{- end -}}

{{/* What the chart itself sets in the environment, as a YAML list. */}}
{{- define "inference.ownEnv" -}}
- name: EKIBEN_SERVER_HOST
  value: {{ .Values.server.host | quote }}
- name: EKIBEN_SERVER_PORT
  value: "3000"
- name: EKIBEN_SERVER_KEEP_ALIVE_SECONDS
  value: {{ .Values.server.keepAliveSeconds | int64 | quote }}
- name: EKIBEN_SERVER_LINGER_SECONDS
  value: {{ .Values.server.lingerSeconds | toString | quote }}
- name: EKIBEN_SERVER_DRAIN_SECONDS
  value: {{ .Values.server.drainSeconds | int64 | quote }}
- name: EKIBEN_SERVER_WORKER_THREADS
  value: {{ .Values.server.workerThreads | int64 | quote }}
- name: EKIBEN_SERVER_MOST_WAITING
  value: {{ .Values.server.mostWaiting | int64 | quote }}
- name: EKIBEN_SERVER_QUEUE_BUDGET_SECONDS
  value: {{ .Values.server.queueBudgetSeconds | toString | quote }}
{{- if not (kindIs "invalid" .Values.server.mostInFlight) }}
- name: EKIBEN_SERVER_MOST_IN_FLIGHT
  value: {{ .Values.server.mostInFlight | int64 | quote }}
{{- end }}
- name: EKIBEN_SERVER_MOST_CONNECTIONS
  value: {{ .Values.server.mostConnections | int64 | quote }}
{{- with .Values.server.rateLimitPerKey }}
- name: EKIBEN_RATE_LIMIT_PER_KEY
  value: {{ . | quote }}
{{- end }}
{{- if .Values.grpc.enabled }}
- name: EKIBEN_GRPC_PORT
  value: "3001"
{{- end }}
- name: EKIBEN_LOG_LEVEL
  value: {{ .Values.log.level | quote }}
- name: EKIBEN_LOG_ACCESS_SAMPLE
  value: {{ .Values.log.accessSample | toString | quote }}
- name: EKIBEN_AUTH_MODE
  value: {{ ternary "on" "off" .Values.auth.enabled | quote }}
{{- if .Values.auth.enabled }}
- name: EKIBEN_AUTH_KEY_DIGESTS
  valueFrom:
    secretKeyRef:
      name: {{ .Values.auth.existingSecret }}
      key: {{ .Values.auth.key }}
{{- end }}
- name: EKIBEN_MODEL_THREADS
  {{- include "inference.threads" . | nindent 2 }}
- name: OMP_NUM_THREADS
  {{- include "inference.threads" . | nindent 2 }}
- name: EKIBEN_MODEL_SOURCE
  value: {{ .Values.model.source | quote }}
{{- if include "inference.hasPublicKey" . }}
- name: EKIBEN_MODEL_PUBLIC_KEY
  value: /keys/trainer.pub.pem
{{- end }}
{{- if eq .Values.model.source "registry" }}
{{- range list "uri" "version" "digest" }}
- name: EKIBEN_MODEL_{{ upper . }}
  valueFrom:
    fieldRef:
      fieldPath: metadata.annotations['ekiben.io/model-{{ . }}']
{{- end }}
- name: EKIBEN_MODEL_CACHE
  value: /cache
- name: EKIBEN_MODEL_FETCH_TIMEOUT_SECONDS
  value: {{ .Values.model.fetchTimeoutSeconds | int64 | quote }}
{{- end }}
{{- if .Values.database.existingSecret }}
{{ include "ekiben.databaseEnv" .Values.database }}
{{- end }}
{{- end -}}

{{/* What brings the tables up to date before the service starts, as a YAML list; an empty one if nothing does. */}}
{{- define "inference.initContainers" -}}
{{- if and .Values.database.existingSecret .Values.database.migrate -}}
- name: migrate
  image: {{ include "ekiben.image" (dict "root" . "image" .Values.image) }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command:
    - python
    - -m
    - bentos.core.migrate
  env:
    {{- include "ekiben.databaseEnv" .Values.database | nindent 4 }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  securityContext:
    {{- include "ekiben.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* Annotations of the pods that the chart sets, as YAML; nothing if there are none. */}}
{{- define "inference.ownPodAnnotations" -}}
{{- $own := dict "kubectl.kubernetes.io/default-container" .Values.name -}}
{{- if .Values.metrics.annotations -}}
  {{- $own = merge $own (include "ekiben.scrapeAnnotations" (dict "port" 3000 "path" "/metrics") | fromYaml) -}}
{{- end -}}
{{- if eq (include "inference.rollout" .) "git" -}}
  {{- range $part, $value := .Values.model.pin -}}
    {{- $_ := set $own (printf "ekiben.io/model-%s" $part) $value -}}
  {{- end -}}
{{- end -}}
{{- toYaml (merge $own (include "inference.checksums" . | fromYaml)) -}}
{{- end -}}

{{/* Digests of what pods read when they start and no one else restarts them for, as annotations. */}}
{{- define "inference.checksums" -}}
{{- $found := dict -}}
{{- $key := .Values.model.publicKey -}}
{{- if $key.pem -}}
  {{- $_ := set $found "checksum/public-key" (sha256sum $key.pem) -}}
{{- end -}}
{{- if .Values.checksums.existing -}}
  {{- $read := dict "checksum/public-key-config-map" (list "ConfigMap" $key.configMap) -}}
  {{- $_ := set $read "checksum/public-key-secret" (list "Secret" $key.existingSecret) -}}
  {{- $_ := set $read "checksum/auth" (list "Secret" (ternary .Values.auth.existingSecret "" .Values.auth.enabled)) -}}
  {{- $_ := set $read "checksum/store" (list "Secret" .Values.model.store.existingSecret) -}}
  {{- $_ := set $read "checksum/database" (list "Secret" .Values.database.existingSecret) -}}
  {{- range $annotation, $object := $read -}}
    {{- if last $object -}}
      {{- with include "ekiben.checksum" (dict "root" $ "kind" (first $object) "name" (last $object)) -}}
        {{- $_ := set $found $annotation . -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

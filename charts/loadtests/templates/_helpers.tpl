{{/* The number of this run in names and labels: Jobs can't be changed, so every upgrade is a new run. */}}
{{- define "loadtests.run" -}}
{{ .Release.Revision }}
{{- end -}}

{{/* The name of all objects, short enough for what is added to it. */}}
{{- define "loadtests.fullname" -}}
{{- include "ekiben.fullname" (dict "root" . "name" "loadtests" "longest" 46) -}}
{{- end -}}

{{/* Labels of the pods of one role in this run. Takes {root, role}. */}}
{{- define "loadtests.roleLabels" -}}
ekiben.io/load-role: {{ .role }}
ekiben.io/load-run: {{ include "loadtests.run" .root | quote }}
{{- end -}}

{{/* What the chart itself sets in the environment, as a YAML list: the same for the master and its workers. */}}
{{- define "loadtests.ownEnv" -}}
{{- $load := .Values.load -}}
- name: EKIBEN_LOAD_SHAPE
  value: {{ $load.shape | quote }}
{{- with $load.users }}
- name: EKIBEN_LOAD_USERS
  value: {{ . | int64 | quote }}
{{- end }}
{{- with $load.durationSeconds }}
- name: EKIBEN_LOAD_DURATION_SECONDS
  value: {{ . | toString | quote }}
{{- end }}
- name: EKIBEN_LOAD_REQUESTS_PER_SECOND_PER_USER
  value: {{ $load.requestsPerSecondPerUser | toString | quote }}
- name: EKIBEN_LOAD_BATCH_ROWS
  value: {{ $load.batchRows | int64 | quote }}
- name: EKIBEN_LOAD_SEED
  value: {{ $load.seed | int64 | quote }}
- name: EKIBEN_LOAD_CONNECTIONS
  value: {{ $load.connections | quote }}
- name: EKIBEN_LOAD_REQUEST_TIMEOUT_SECONDS
  value: {{ $load.requestTimeoutSeconds | toString | quote }}
- name: EKIBEN_LOAD_MODEL_VERSIONS
  value: {{ join "," $load.modelVersions | quote }}
- name: EKIBEN_LOAD_ALLOW_HOST
  value: {{ join "," .Values.target.allowHosts | quote }}
{{- with .Values.auth.existingSecret }}
- name: EKIBEN_LOAD_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.auth.key }}
{{- end }}
{{- end -}}

{{/*
A whole Job of one role. Takes
  root       the chart's context
  role       master or workers
  pods       how many
  args       of the image
  resources  of each pod
  graceSeconds  until a pod that is told to stop is killed
*/}}
{{- define "loadtests.job" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $name := include "loadtests.fullname" $root -}}
{{- $subject := dict "root" $root "name" "loadtests" "component" "loadtest" "version" $values.image.tag "fullnameOverride" $name -}}
{{- $role := include "loadtests.roleLabels" . | fromYaml -}}
{{- $labels := merge $role (include "ekiben.podLabels" $subject | fromYaml) -}}
{{- $mounted := and (eq .role "master") $values.thresholds -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "ekiben.metadata" (merge (dict "suffix" (printf "%s-%s" .role (include "loadtests.run" $root))) $subject) | nindent 2 }}
    {{- include "loadtests.roleLabels" . | nindent 4 }}
spec:
  parallelism: {{ .pods }}
  completions: {{ .pods }}
  backoffLimit: 0
  activeDeadlineSeconds: {{ $values.deadlineSeconds | int64 }}
  {{- if not (kindIs "invalid" $values.keepSeconds) }}
  ttlSecondsAfterFinished: {{ $values.keepSeconds | int64 }}
  {{- end }}
  template:
    metadata:
      labels:
        {{- include "ekiben.merge" (dict "own" $labels "extra" $values.podLabels "where" "podLabels") | nindent 8 }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      {{- with include "ekiben.imagePullSecrets" (dict "root" $root "image" $values.image) }}
      {{- . | nindent 6 }}
      {{- end }}
      serviceAccountName: {{ include "ekiben.serviceAccountName" (merge (dict "serviceAccount" $values.serviceAccount) $subject) }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .graceSeconds }}
      securityContext:
        {{- include "ekiben.podSecurityContext" $values.securityContext | nindent 8 }}
      {{- range $field := list "priorityClassName" "nodeSelector" "tolerations" "affinity" }}
      {{- with get $values $field }}
      {{ $field }}: {{- if kindIs "string" . }} {{ . }}{{ else }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- end }}
      {{- end }}
      containers:
        - name: locust
          image: {{ include "ekiben.image" (dict "root" $root "image" $values.image) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          args:
            {{- toYaml .args | nindent 12 }}
          env:
            {{- include "ekiben.env" (dict "own" (include "loadtests.ownEnv" $root | fromYamlArray) "extra" $values.extraEnv) | nindent 12 }}
          {{- if eq .role "master" }}
          ports:
            - name: locust
              containerPort: 5557
          {{- end }}
          resources:
            {{- toYaml .resources | nindent 12 }}
          securityContext:
            {{- include "ekiben.containerSecurityContext" $root | nindent 12 }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- if $mounted }}
            - name: thresholds
              mountPath: /config
              readOnly: true
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
        {{- if $mounted }}
        - name: thresholds
          configMap:
            name: {{ $name }}-{{ include "loadtests.run" $root }}
        {{- end }}
{{- end -}}

{{/* What the pods of all three kinds have in common. */}}

{{/* Environment of every `ekiben` command, as a YAML list. Takes {root, promotion, retention, more}; the last is a list. */}}
{{- define "training.env" -}}
{{- $root := .root -}}
{{- $env := list
  (dict "name" "EKIBEN_HOME" "value" "/home/ekiben")
  (dict "name" "EKIBEN_TRACKING_URI" "value" $root.Values.registry.uri)
  (dict "name" "EKIBEN_TRACKING_TIMEOUT_SECONDS" "value" (toString $root.Values.registry.timeoutSeconds))
  (dict "name" "EKIBEN_TRACKING_RETRIES" "value" (toString $root.Values.registry.retries))
  (dict "name" "EKIBEN_STORE_URI" "value" ($root.Values.store.uri | default "/store"))
  (dict "name" "EKIBEN_SIGNING_KEY" "value" "/keys/trainer.pem")
  (dict "name" "EKIBEN_PROMOTION" "value" .promotion)
  (dict "name" "EKIBEN_PINS" "value" "cluster")
  (dict "name" "EKIBEN_RETENTION_VERSIONS" "value" (toString .retention.keepVersions))
  (dict "name" "EKIBEN_RETENTION_ROLLBACKS" "value" (toString .retention.keepRollbacks))
  (dict "name" "EKIBEN_LEASE_NAMESPACE" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.namespace")))
-}}
{{- $namespaces := include "training.namespaces" $root | fromYamlArray | join "," -}}
{{- $env = append $env (dict "name" "EKIBEN_NAMESPACES" "value" (ternary "*" $namespaces $root.Values.watch.allNamespaces)) -}}
{{- with $root.Values.gitCommit -}}
  {{- $env = append $env (dict "name" "EKIBEN_GIT_COMMIT" "value" .) -}}
{{- end -}}
{{- with $root.Values.registry.credentialsSecret -}}
  {{- $env = append $env (dict "name" "MLFLOW_TRACKING_USERNAME" "valueFrom" (dict "secretKeyRef" (dict "name" . "key" "username"))) -}}
  {{- $env = append $env (dict "name" "MLFLOW_TRACKING_PASSWORD" "valueFrom" (dict "secretKeyRef" (dict "name" . "key" "password"))) -}}
{{- end -}}
{{- toYaml (concat $env .more) -}}
{{- end -}}

{{/* `envFrom`, or nothing. */}}
{{- define "training.envFrom" -}}
{{- with .Values.store.existingSecret -}}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end -}}
{{- end -}}

{{/* Image, its pull policy and the container's security context. */}}
{{- define "training.container" -}}
image: {{ include "ekiben.image" (dict "root" . "image" .Values.image) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "ekiben.containerSecurityContext" . | nindent 2 }}
{{- end -}}

{{/* Where a pod may run, and as whom. */}}
{{- define "training.placement" -}}
{{- include "ekiben.imagePullSecrets" (dict "root" . "image" .Values.image) }}
enableServiceLinks: false
securityContext:
  {{- include "ekiben.podSecurityContext" .Values.securityContext | nindent 2 }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Mounts of a pod. Takes {root, readOnly: whether it only reads the store}. */}}
{{- define "training.mounts" -}}
- name: home
  mountPath: /home/ekiben
- name: tmp
  mountPath: /tmp
- name: keys
  mountPath: /keys
  readOnly: true
{{- if include "training.storeClaim" .root }}
- name: store
  mountPath: /store
  {{- if .readOnly }}
  readOnly: true
  {{- end }}
{{- end }}
{{- end -}}

{{/* The volumes of these mounts. Takes {root, private: whether the private key is among them}. */}}
{{- define "training.volumes" -}}
{{- $signing := .root.Values.signing -}}
- name: home
  emptyDir:
    sizeLimit: 1Gi
- name: tmp
  emptyDir:
    sizeLimit: {{ .root.Values.tmp.sizeLimit }}
- name: keys
  secret:
    secretName: {{ $signing.existingSecret }}
    # Of a group at most: the trainer refuses a private key that every user may read.
    defaultMode: 0440
    items:
      - key: {{ $signing.publicKey }}
        path: trainer.pub.pem
      {{- if .private }}
      - key: {{ $signing.privateKey }}
        path: trainer.pem
      {{- end }}
{{- with include "training.storeClaim" .root }}
- name: store
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- end -}}

{{/*
A whole CronJob. Takes
  subject   whose job it is
  root, model
  settings  schedule, deadlines, limits and resources
  account   ServiceAccount
  args      of `ekiben`
  env       list
  where     name of the user's value, for messages
  private   whether it signs
  data      volume of data: {name, claim}, or nothing
*/}}
{{- define "training.cronJob" -}}
{{- $root := .root -}}
{{- $settings := .settings -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "ekiben.labels" .subject | nindent 4 }}
    ekiben.io/model: {{ .model }}
spec:
  schedule: {{ $settings.schedule | quote }}
  timeZone: {{ $settings.timeZone | quote }}
  suspend: {{ $settings.suspend }}
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {{ int64 $settings.startingDeadlineSeconds }}
  successfulJobsHistoryLimit: {{ $settings.successfulJobsHistoryLimit }}
  failedJobsHistoryLimit: {{ $settings.failedJobsHistoryLimit }}
  jobTemplate:
    metadata:
      labels:
        {{- include "ekiben.podLabels" .subject | nindent 8 }}
        ekiben.io/model: {{ .model }}
    spec:
      backoffLimit: {{ $settings.backoffLimit }}
      activeDeadlineSeconds: {{ int64 $settings.activeDeadlineSeconds }}
      ttlSecondsAfterFinished: {{ int64 $settings.ttlSecondsAfterFinished }}
      template:
        metadata:
          labels:
            {{- include "ekiben.podLabels" .subject | nindent 12 }}
            ekiben.io/model: {{ .model }}
            ekiben.io/registry-client: "true"
        spec:
          restartPolicy: Never
          serviceAccountName: {{ .account }}
          # For Leases, and to know what Deployments have pinned.
          automountServiceAccountToken: true
          {{- include "training.placement" $root | trim | nindent 10 }}
          terminationGracePeriodSeconds: 30
          containers:
            - name: ekiben
              {{- include "training.container" $root | nindent 14 }}
              args:
                {{- toYaml .args | nindent 16 }}
              env:
                {{- include "ekiben.env" (dict "own" .env "extra" $settings.extraEnv "where" (printf "%s.extraEnv" .where)) | nindent 16 }}
              {{- with include "training.envFrom" $root }}
              {{- . | nindent 14 }}
              {{- end }}
              resources:
                {{- toYaml $settings.resources | nindent 16 }}
              volumeMounts:
                {{- include "training.mounts" (dict "root" $root "readOnly" false) | nindent 16 }}
                {{- with .data }}
                - name: data
                  mountPath: /data
                {{- end }}
          volumes:
            {{- include "training.volumes" (dict "root" $root "private" .private) | nindent 12 }}
            {{- with .data }}
            - name: data
              {{- . | nindent 14 }}
            {{- end }}
{{- end -}}

{{- /* Labels that stay the same over the life of a release. */ -}}
{{- define "tidemark.selector" -}}
{app.kubernetes.io/name: {{ .Chart.Name }}, app.kubernetes.io/instance: {{ .Release.Name }}}
{{- end -}}

{{- define "tidemark.labels" -}}
{app.kubernetes.io/name: {{ .Chart.Name }}, app.kubernetes.io/instance: {{ .Release.Name }}, app.kubernetes.io/version: {{ printf "%q" .Chart.AppVersion }}, app.kubernetes.io/managed-by: {{ .Release.Service }}}
{{- end -}}

{{- define "tidemark.name" -}}
{{ .Release.Name }}-tidemark
{{- end -}}

{{- /* The configuration file, indented as in the ConfigMap. A value of JSON is one of YAML. */ -}}
{{- define "tidemark.config" -}}
# From the value `config` of the chart.
{{- if not .Values.config.external_url }}
    external_url: http{{ if .Values.security.tls }}s{{ end }}://{{ template "tidemark.name" . }}:{{ .Values.service.port }}
{{- end }}
{{- range $key, $value := .Values.config }}
    {{ $key }}: {{ $value | toJson }}
{{- end }}
{{- end -}}

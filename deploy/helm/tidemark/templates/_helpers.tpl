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

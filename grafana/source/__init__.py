# SPDX-License-Identifier: Apache-2.0
"""What the dashboards are made of; `grafana/generate` writes them as Grafana reads them."""

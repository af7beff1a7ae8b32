//! The services of the demo, one line each, and the manifests that are written from it.

use super::DemoError;
use super::world::World;

/// A service of the demo as it is first written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    pub(super) name: &'static str,
    namespace: &'static str,
    team: &'static str,
    version: &'static str,
    /// Replicas, CPU request and memory limit in staging.
    staging: Size,
    /// The same in production.
    prod: Size,
    /// It has an autoscaler and a disruption budget in production.
    critical: bool,
    /// What it reads from its environment.
    env: &'static [(&'static str, &'static str)],
}

type Size = (u32, &'static str, &'static str);

const fn service(
    name: &'static str,
    namespace: &'static str,
    team: &'static str,
    version: &'static str,
    staging: Size,
    prod: Size,
) -> Service {
    Service { name, namespace, team, version, staging, prod, critical: false, env: &[] }
}

impl Service {
    const fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    const fn env(mut self, env: &'static [(&'static str, &'static str)]) -> Self {
        self.env = env;
        self
    }
}

/// All services, in the order in which they came to the cluster.
pub(super) const SERVICES: [Service; 14] = [
    service("checkout", "shop", "payments", "3.4.0", (1, "100m", "1Gi"), (3, "500m", "2Gi")).critical().env(&[
        ("SESSION_STORE", "redis://sessions.shop:6379"),
        ("SESSION_TTL", "30m"),
        ("ORDERS_TIMEOUT", "2s"),
        ("PAYMENTS_URL", "http://payments.shop:8080"),
        ("CART_URL", "http://cart.shop:8080"),
    ]),
    service("payments", "shop", "payments", "2.9.3", (1, "100m", "1Gi"), (3, "500m", "2Gi")).critical().env(&[
        ("PROVIDER_TIMEOUT", "5s"),
        ("RETRIES", "3"),
        ("IDEMPOTENCY_TTL", "24h"),
    ]),
    service("cart", "shop", "payments", "1.17.0", (1, "50m", "512Mi"), (2, "250m", "1Gi"))
        .env(&[("CART_TTL", "72h"), ("SESSION_STORE", "redis://sessions.shop:6379")]),
    service("catalog", "shop", "discovery", "2.8.0", (1, "100m", "512Mi"), (3, "250m", "1Gi"))
        .env(&[("CACHE_TTL", "10m"), ("PAGE_SIZE", "48")]),
    service("pricing", "shop", "discovery", "1.6.2", (1, "50m", "256Mi"), (2, "200m", "512Mi")),
    service("inventory", "shop", "logistics", "4.1.0", (1, "50m", "256Mi"), (2, "200m", "512Mi")),
    service("shipping", "shop", "logistics", "1.3.5", (1, "50m", "256Mi"), (2, "100m", "512Mi")),
    service("web", "web", "frontend", "6.0.1", (1, "100m", "512Mi"), (3, "250m", "1Gi")).critical(),
    service("gateway", "web", "platform", "1.11.0", (1, "100m", "256Mi"), (3, "250m", "512Mi")),
    service("media", "web", "frontend", "2.2.0", (1, "50m", "512Mi"), (2, "250m", "1Gi")),
    service("search", "web", "discovery", "5.2.0", (1, "200m", "1Gi"), (2, "500m", "3Gi"))
        .env(&[("INDEX_PATH", "/var/lib/index"), ("REFRESH", "60s")]),
    service("reviews", "web", "discovery", "1.0.8", (1, "50m", "256Mi"), (2, "100m", "512Mi")),
    service("recommender", "web", "discovery", "0.9.4", (1, "200m", "1Gi"), (2, "500m", "4Gi"))
        .env(&[("MODEL", "s3://orbit-media/models/current")]),
    service("notifications", "web", "platform", "3.0.2", (1, "50m", "256Mi"), (2, "100m", "512Mi")),
];

/// The two overlays of a service.
pub(super) const OVERLAYS: [&str; 2] = ["staging", "prod"];

/// Where the Deployment of a service is.
pub(super) fn deployment_path(name: &str, overlay: &str) -> String {
    format!("apps/{name}/{overlay}/deployment.yaml")
}

/// Writes both overlays of a service.
pub(super) fn write(name: &str, world: &mut World) -> Result<(), DemoError> {
    let service = SERVICES.iter().find(|service| service.name == name);
    let service = service.ok_or_else(|| DemoError::Story(format!("no service is called {name}")))?;
    for overlay in OVERLAYS {
        let scaled = service.critical && overlay == "prod";
        world.put(&deployment_path(name, overlay), deployment(service, overlay))?;
        world.put(&format!("apps/{name}/{overlay}/service.yaml"), cluster_service(service))?;
        world.put(&format!("apps/{name}/{overlay}/kustomization.yaml"), kustomization(service, overlay, scaled))?;
        if scaled {
            world.put(&format!("apps/{name}/{overlay}/scaling.yaml"), scaling(service))?;
        }
    }
    Ok(())
}

impl Service {
    fn size(&self, overlay: &str) -> Size {
        if overlay == "prod" { self.prod } else { self.staging }
    }
}

fn deployment(service: &Service, overlay: &str) -> String {
    let (replicas, cpu, memory) = service.size(overlay);
    let unavailable = u8::from(overlay != "prod");
    let env: Vec<String> = service.env.iter().map(|(name, value)| variable(name, value)).collect();
    DEPLOYMENT
        .replace("$NAMESPACE", service.namespace)
        .replace("$NAME", service.name)
        .replace("$TEAM", service.team)
        .replace("$OVERLAY", overlay)
        .replace("$VERSION", service.version)
        .replace("$REPLICAS", &replicas.to_string())
        .replace("$CPU", cpu)
        .replace("$MEMORY", memory)
        .replace("$UNAVAILABLE", &unavailable.to_string())
        .replace("$ENV", &env.concat())
}

/// One variable of a container.
fn variable(name: &str, value: &str) -> String {
    format!("            - name: {name}\n              value: \"{value}\"\n")
}

fn cluster_service(service: &Service) -> String {
    SERVICE.replace("$NAMESPACE", service.namespace).replace("$NAME", service.name)
}

fn kustomization(service: &Service, overlay: &str, scaled: bool) -> String {
    let (_, _, memory) = service.size(overlay);
    let more = if scaled { "  - scaling.yaml\n" } else { "" };
    KUSTOMIZATION.replace("$NAMESPACE", service.namespace).replace("$MORE", more).replace("$MEMORY", memory)
}

fn scaling(service: &Service) -> String {
    SCALING.replace("$NAMESPACE", service.namespace).replace("$NAME", service.name)
}

const DEPLOYMENT: &str = r#"# $NAME in $OVERLAY, owned by team $TEAM. Sizes: docs/sizing.md
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $NAME
  namespace: $NAMESPACE
  labels:
    app.kubernetes.io/name: $NAME
    app.kubernetes.io/part-of: $NAMESPACE
    orbit.example/team: $TEAM
spec:
  replicas: $REPLICAS
  revisionHistoryLimit: 3
  progressDeadlineSeconds: 600
  selector:
    matchLabels:
      app.kubernetes.io/name: $NAME
  template:
    metadata:
      labels:
        app.kubernetes.io/name: $NAME
        app.kubernetes.io/part-of: $NAMESPACE
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: $NAME
      containers:
        - name: app
          image: registry.orbit.example/$NAME:$VERSION
          imagePullPolicy: IfNotPresent
          ports:
            - name: http
              containerPort: 8080
            - name: metrics
              containerPort: 9090
          resources:
            requests:
              cpu: $CPU
            limits:
              memory: $MEMORY
          livenessProbe:
            httpGet:
              path: /live
              port: http
            periodSeconds: 10
            failureThreshold: 3
          # Ready is not alive: a pod without its database stays up and out of rotation.
          readinessProbe:
            httpGet:
              path: /ready
              port: http
            periodSeconds: 5
          env:
            - name: LOG_LEVEL
              value: "info"
$ENV            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: tmp
          emptyDir: {}
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: $NAME
      terminationGracePeriodSeconds: 45
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: $UNAVAILABLE
      maxSurge: 1
"#;

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: $NAME
  namespace: $NAMESPACE
spec:
  selector:
    app.kubernetes.io/name: $NAME
  ports:
    - name: http
      port: 8080
      targetPort: http
";

const KUSTOMIZATION: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $NAMESPACE
resources:
  - deployment.yaml
  - service.yaml
$MOREcommonAnnotations:
  orbit.example/memory: $MEMORY
";

const SCALING: &str = "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: $NAME
  namespace: $NAMESPACE
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: $NAME
  minReplicas: 3
  maxReplicas: 12
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: $NAME
  namespace: $NAMESPACE
spec:
  minAvailable: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: $NAME
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_written_whole() {
        let mut world = World::default();
        for service in SERVICES {
            write(service.name, &mut world).unwrap();
        }
        for (path, text) in world.take_changes() {
            assert!(!text.contains('$'), "{path}");
            let documents: Result<Vec<serde_json::Value>, _> = serde_saphyr::from_multiple(&text);
            assert!(documents.is_ok(), "{path}: {documents:?}");
        }
        assert_eq!(world.version("apps/catalog/prod/deployment.yaml", "image: ").unwrap(), "2.8.0");
    }
}

resource "aws_route53_record" "shop" {
  zone_id = var.zone_id
  name    = "shop.orbit.example"
  type    = "CNAME"
  ttl     = 300
  records = [var.load_balancer]
}

resource "aws_route53_record" "grafana" {
  zone_id = var.zone_id
  name    = "grafana.orbit.example"
  type    = "CNAME"
  ttl     = 300
  records = [var.load_balancer]
}

package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.operations.Health;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A report of health in the words of the actuator.
 *
 * @param isUp whether no component is unhealthy: a degraded runtime works, and takes requests
 * @param details the time of the check, and each component, the worst first
 */
record ReportedHealth(boolean isUp, Map<String, Object> details) {

  static ReportedHealth of(Health.Report report) {
    Map<String, Object> components = new LinkedHashMap<>();
    report.components().forEach(each -> components.put(each.name(), details(each)));
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("status", report.status());
    details.put("checkedAt", report.at());
    details.put("components", components);
    return new ReportedHealth(report.status() != Health.Status.UNHEALTHY, details);
  }

  private static Map<String, Object> details(Health.Component component) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("status", component.status());
    details.put("reason", component.reason());
    component.latency().ifPresent(latency -> details.put("latency", latency));
    return details;
  }
}

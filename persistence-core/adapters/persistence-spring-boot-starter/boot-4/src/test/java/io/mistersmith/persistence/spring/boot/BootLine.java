package io.mistersmith.persistence.spring.boot;

import java.util.Map;
import java.util.Objects;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.ApplicationContext;

/** The types of Spring Boot 4 that have another package in the other line. */
public final class BootLine {

  static final String VERSION = "4";

  /** That of HikariCP, which the library's own pools use. */
  static final String HIKARI = "7.0";

  private BootLine() {}

  /** Returns all auto-configurations of this module. */
  static AutoConfigurations own() {
    return AutoConfigurations.of(
        PersistenceAutoConfiguration.class,
        PersistenceMetricsAutoConfiguration.class,
        PersistenceObservationsAutoConfiguration.class,
        PersistenceJacksonAutoConfiguration.class,
        Boot4JdbcAutoConfiguration.class,
        Boot4HealthAutoConfiguration.class);
  }

  static AutoConfigurations jdbc() {
    return AutoConfigurations.of(DataSourceAutoConfiguration.class);
  }

  static Class<?> jdbcConnectionDetails() {
    return JdbcConnectionDetails.class;
  }

  static boolean hasHealthIndicator(ApplicationContext context) {
    return context.getBeanNamesForType(HealthIndicator.class).length > 0
        && context.containsBean("persistenceHealthIndicator");
  }

  /** Returns the health as the actuator shows it. */
  public static Shown health(ApplicationContext context) {
    Health health =
        Objects.requireNonNull(
            context.getBean("persistenceHealthIndicator", HealthIndicator.class).health());
    return new Shown(health.getStatus().getCode(), health.getDetails());
  }

  /** A health indicator's answer. */
  public record Shown(String status, Map<String, Object> details) {}
}

package io.mistersmith.persistence.config;

import io.mistersmith.persistence.config.PostgresConfig.Template;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;

/** The sizes and timeouts of each role's pool, unless they are configured. */
final class RoleDefaults {

  private RoleDefaults() {}

  /** Fills in what the template says of the role. */
  static void apply(Template template, PostgresRole role, RoleConfig.Builder pool) {
    switch (role) {
      case PRIMARY -> {
        size(pool, template, 2, 10, 1, 5, 2, 10, 5, 20);
        times(pool, 30, 10, template == Template.STANDARD ? 120 : 60);
      }
      case REPLICA -> {
        size(pool, template, 3, 15, 1, 4, 2, 8, 3, 15);
        times(pool, 2, 5, 30);
      }
      case BACKGROUND -> {
        size(pool, template, 0, 5, 0, 2, 0, 3, 0, 5);
        times(pool, 60, 30, 120);
      }
      case ANALYTICS -> {
        size(pool, template, 2, 10, 1, 3, 1, 5, 2, 10);
        times(pool, 45, 15, 60);
        pool.statementTimeout(Duration.ofMinutes(5));
      }
      case FLUSH -> {
        size(pool, template, 1, 2, 1, 2, 1, 2, 1, 2);
        times(pool, 30, 10, 120);
      }
      case MIGRATION -> {
        pool.connections(0, 1);
        times(pool, 30, 10, 120);
      }
    }
    template.acquireTimeout().ifPresent(most -> pool.acquireAtMost(most));
  }

  private static void size(RoleConfig.Builder pool, Template template, int... minAndMax) {
    int at =
        switch (template) {
          case STANDARD -> 0;
          case DEVELOPMENT -> 2;
          case STAGING -> 4;
          case PRODUCTION -> 6;
        };
    pool.connections(minAndMax[at], minAndMax[at + 1]);
  }

  private static void times(RoleConfig.Builder pool, int acquire, int idle, int lifetime) {
    pool.acquireTimeout(Duration.ofSeconds(acquire));
    pool.idleTimeout(Duration.ofMinutes(idle));
    pool.maxLifetime(Duration.ofMinutes(lifetime));
  }
}

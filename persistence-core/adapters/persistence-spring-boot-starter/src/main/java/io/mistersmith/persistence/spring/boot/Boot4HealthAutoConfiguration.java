package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.Persistence;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Shows the health of the runtime in the actuator of Spring Boot 4. */
@AutoConfiguration(after = PersistenceAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(Persistence.class)
@ConditionalOnEnabledHealthIndicator("persistence")
class Boot4HealthAutoConfiguration {

  @Bean
  @ConditionalOnMissingBean(name = "persistenceHealthIndicator")
  HealthIndicator persistenceHealthIndicator(Persistence persistence) {
    return () -> {
      ReportedHealth reported = ReportedHealth.of(persistence.operations().health().latest());
      Health.Builder health = reported.isUp() ? Health.up() : Health.down();
      return health.withDetails(reported.details()).build();
    };
  }
}

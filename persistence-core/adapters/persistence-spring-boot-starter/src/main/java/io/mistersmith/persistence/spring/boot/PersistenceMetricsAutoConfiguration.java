package io.mistersmith.persistence.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.metrics.PersistenceMetrics;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Binds the runtime's figures to the application's registry of meters, where there is one. */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
    })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnSingleCandidate(MeterRegistry.class)
@ConditionalOnProperty(
    prefix = "persistence",
    name = {"enabled", "metrics.enabled"},
    matchIfMissing = true)
@EnableConfigurationProperties(MetricsProperties.class)
class PersistenceMetricsAutoConfiguration {

  @Bean(destroyMethod = "")
  @ConditionalOnMissingBean
  PersistenceMetrics persistenceMetrics(MeterRegistry registry, MetricsProperties properties) {
    PersistenceMetrics.Builder metrics = PersistenceMetrics.builder(registry);
    return properties.worstAgents() ? metrics.worstAgents().build() : metrics.build();
  }

  @Bean
  MetricsLifecycle persistenceMetricsLifecycle(
      PersistenceMetrics metrics,
      ObjectProvider<Persistence> persistence,
      MetricsProperties properties) {
    return new MetricsLifecycle(metrics, persistence, properties.interval());
  }
}

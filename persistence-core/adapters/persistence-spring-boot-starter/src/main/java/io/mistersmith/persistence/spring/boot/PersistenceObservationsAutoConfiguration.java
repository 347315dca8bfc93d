package io.mistersmith.persistence.spring.boot;

import io.micrometer.observation.ObservationRegistry;
import io.mistersmith.persistence.core.metrics.PersistenceObservations;
import io.mistersmith.persistence.event.CallObserver;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Observes calls into the stores in the application's registry, where there is one. */
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.actuate.autoconfigure.observation.ObservationAutoConfiguration",
      "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
    })
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnSingleCandidate(ObservationRegistry.class)
@ConditionalOnMissingBean(CallObserver.class)
@ConditionalOnProperty(
    prefix = "persistence",
    name = {"enabled", "observations.enabled"},
    matchIfMissing = true)
@EnableConfigurationProperties(ObservationProperties.class)
class PersistenceObservationsAutoConfiguration {

  @Bean
  PersistenceObservations persistenceObservations(
      ObservationRegistry registry, ObservationProperties properties) {
    PersistenceObservations observations = new PersistenceObservations(registry);
    return properties.messagingNames() ? observations.withMessagingNames() : observations;
  }
}

package io.mistersmith.persistence.spring.boot;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The observations of calls into the stores.
 *
 * @param enabled Whether calls are observed.
 * @param messagingNames Whether calls into NATS have the names of OpenTelemetry's conventions for
 *     messaging, which are not stable yet.
 */
@ConfigurationProperties("persistence.observations")
record ObservationProperties(
    @DefaultValue("true") boolean enabled, @DefaultValue("false") boolean messagingNames) {}

package io.mistersmith.persistence.spring.boot;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The figures in the application's MeterRegistry.
 *
 * @param enabled Whether figures are registered.
 * @param interval How often the stores are asked for the figures that only they know.
 * @param worstAgents Whether the lag of the 20 agents that wait longest is shown, by agent.
 */
@ConfigurationProperties("persistence.metrics")
record MetricsProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("10s") Duration interval,
    @DefaultValue("false") boolean worstAgents) {}

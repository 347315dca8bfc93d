package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.PersistenceConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What concerns the whole runtime.
 *
 * @param enabled Whether a runtime is opened.
 * @param runtimeName Name of this runtime in leases and logs. By default it is made of the
 *     process's number.
 * @param waitForServers How long opening waits for servers that are not there yet; zero to fail at
 *     once.
 * @param trackedAgents Number of agents in use whose lifecycle state is tracked.
 * @param knownRevisions Number of keys whose last known revision is remembered.
 */
@ConfigurationProperties("persistence")
record PersistenceProperties(
    @DefaultValue("true") boolean enabled,
    @Nullable String runtimeName,
    @DefaultValue("0s") Duration waitForServers,
    @DefaultValue("100000") int trackedAgents,
    @DefaultValue("100000") int knownRevisions) {

  void applyTo(PersistenceConfig.Builder config) {
    config
        .waitForServers(waitForServers)
        .trackedAgents(trackedAgents)
        .knownRevisions(knownRevisions);
    if (runtimeName != null) {
      config.runtimeName(runtimeName);
    }
  }
}

package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.MonitoringConfig;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Checks of health, and jobs that keep the database in order.
 *
 * @param checkInterval How often the health is checked.
 * @param upkeep Whether this runtime takes part in the upkeep of the database.
 * @param switchedOff Names of the jobs of upkeep that this runtime does not run.
 * @param retention How long samples and runs of jobs are kept.
 * @param auditRetention How long records of the audit log are kept, in full days.
 */
@ConfigurationProperties("persistence.monitoring")
record MonitoringProperties(
    @DefaultValue("30s") Duration checkInterval,
    @DefaultValue("true") boolean upkeep,
    @DefaultValue List<String> switchedOff,
    @DefaultValue("30d") Duration retention,
    @DefaultValue("90d") Duration auditRetention) {

  MonitoringConfig.Builder builder() {
    MonitoringConfig.Builder monitoring =
        MonitoringConfig.builder()
            .checkInterval(checkInterval)
            .upkeep(upkeep)
            .retention(retention)
            .auditRetention(auditRetention);
    switchedOff.forEach(monitoring::switchOff);
    return monitoring;
  }
}

package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.Persistence;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * Opens a {@link Persistence} when the context starts, and closes it with its deadline when the
 * context stops. An application that has a bean of this type keeps it, and has it closed.
 *
 * <p>The runtime is opened over a {@link io.mistersmith.persistence.spi.StoreProvider} where there
 * is such a bean, else over NATS and PostgreSQL. It receives all beans of the types {@link
 * PersistenceConfigCustomizer}, {@link io.mistersmith.persistence.event.PersistenceListener} and,
 * by their names, {@link io.mistersmith.persistence.operations.AlertSink}.
 */
@AutoConfiguration(
    after = {
      Boot3JdbcAutoConfiguration.class,
      Boot4JdbcAutoConfiguration.class,
      PersistenceMetricsAutoConfiguration.class,
      PersistenceObservationsAutoConfiguration.class
    },
    afterName = {
      "org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration",
      "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration"
    })
@ConditionalOnProperty(prefix = "persistence", name = "enabled", matchIfMissing = true)
@Import(RuntimeConfiguration.class)
@ImportRuntimeHints(PersistenceRuntimeHints.class)
public final class PersistenceAutoConfiguration {

  /** Called by Spring. */
  public PersistenceAutoConfiguration() {}

  @Bean
  PersistenceLifecycle persistenceLifecycle(Persistence persistence) {
    return new PersistenceLifecycle(persistence);
  }
}

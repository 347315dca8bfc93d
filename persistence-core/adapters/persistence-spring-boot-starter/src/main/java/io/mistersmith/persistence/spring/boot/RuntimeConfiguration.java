package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.ApplicationDataSources;
import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.AlertSink;
import io.mistersmith.persistence.spi.StoreProvider;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Opens the runtime, unless the application has opened one. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnMissingBean(Persistence.class)
@EnableConfigurationProperties({
  PersistenceProperties.class,
  NatsProperties.class,
  PostgresProperties.class,
  MigrationProperties.class,
  FlushProperties.class,
  CacheProperties.class,
  BackpressureProperties.class,
  MonitoringProperties.class
})
class RuntimeConfiguration {

  @Bean
  @ConditionalOnMissingBean(NatsConnectionDetails.class)
  PropertiesNatsConnectionDetails persistenceNatsConnectionDetails(NatsProperties properties) {
    return new PropertiesNatsConnectionDetails(properties);
  }

  @Bean
  PostgresSource persistencePostgresSource(
      PostgresProperties properties,
      ObjectProvider<DatabaseAddress> application,
      @PersistenceDataSource ObjectProvider<DataSource> marked,
      ObjectProvider<DataSource> unmarked,
      ObjectProvider<StoreProvider> stores) {
    return stores.getIfAvailable() == null
        ? PostgresSource.find(
            properties,
            application.getIfAvailable(),
            marked.getIfAvailable(),
            unmarked::getIfUnique)
        : PostgresSource.none();
  }

  @Bean
  MonitoringConfig persistenceMonitoringConfig(
      MonitoringProperties properties,
      ObjectProvider<CallObserver> observer,
      ObjectProvider<Map<String, AlertSink>> sinks) {
    MonitoringConfig.Builder monitoring = properties.builder();
    observer.ifUnique(monitoring::observer);
    sinks.ifAvailable(byName -> byName.forEach(monitoring::sink));
    return monitoring.build();
  }

  @Bean
  PostgresConfig persistencePostgresConfig(
      PostgresSource source, PostgresProperties properties, MigrationProperties migrations) {
    PostgresConfig.Builder postgres = source.config();
    properties.applyTo(postgres);
    migrations.applyTo(postgres);
    return postgres.build();
  }

  @Bean
  PersistenceConfig persistenceConfig(
      PersistenceProperties properties,
      NatsProperties nats,
      NatsConnectionDetails natsDetails,
      PostgresConfig postgres,
      FlushProperties flush,
      CacheProperties cache,
      BackpressureProperties backpressure,
      MonitoringConfig monitoring,
      ObjectProvider<PersistenceListener> listeners,
      ObjectProvider<PersistenceConfigCustomizer> customizers) {
    PersistenceConfig.Builder config =
        PersistenceConfig.builder(nats.config(natsDetails), postgres)
            .flush(flush.config())
            .cache(cache.config())
            .backpressure(backpressure.config())
            .monitoring(monitoring);
    properties.applyTo(config);
    listeners.orderedStream().reduce(PersistenceListener::and).ifPresent(config::listener);
    customizers.orderedStream().forEach(each -> each.customize(config));
    return config.build();
  }

  /** Opens it once the application's own scripts have run, those of Flyway among them. */
  @Bean
  @DependsOnDatabaseInitialization
  Persistence persistence(
      PersistenceConfig config,
      PostgresSource source,
      PostgresProperties properties,
      ObjectProvider<StoreProvider> stores) {
    StoreProvider others = stores.getIfAvailable();
    if (others != null) {
      return Persistence.open(config, others);
    }
    return source
        .dataSource()
        .flatMap(pool -> handedOver(pool, properties))
        .map(sources -> sources.open(config))
        .orElseGet(() -> Persistence.open(config));
  }

  private static Optional<ApplicationDataSources> handedOver(
      DataSource pool, PostgresProperties properties) {
    ApplicationDataSources sources = null;
    for (PostgresRole role : properties.dataSourceRoles()) {
      sources = sources == null ? ApplicationDataSources.of(role, pool) : sources.and(role, pool);
    }
    return Optional.ofNullable(sources);
  }
}

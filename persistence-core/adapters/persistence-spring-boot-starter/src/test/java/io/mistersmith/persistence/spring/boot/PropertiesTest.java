package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.config.NatsConfig.Authentication;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.TlsConfig;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class PropertiesTest {

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(BootLine.own())
          .withBean(InMemoryStores.class, InMemoryStores::new);

  private void configured(Consumer<PersistenceConfig> check, String... properties) {
    runner
        .withPropertyValues(properties)
        .run(context -> check.accept(context.getBean(PersistenceConfig.class)));
  }

  @Test
  void defaultsAreThoseOfTheLibrary() {
    configured(
        config -> {
          PersistenceConfig defaults =
              PersistenceConfig.inMemory()
                  .nats(nats -> nats.servers("nats://localhost:4222"))
                  .postgres(
                      PostgresConfig.builder(config.postgres().jdbcUrl(), config.postgres().user())
                          .migrateOnOpen()
                          .build())
                  .build();
          assertThat(config).hasToString(defaults.toString());
        });
  }

  @Test
  void reachNats() {
    configured(
        config -> {
          assertThat(config.nats().servers()).containsExactly("nats://a:4222", "nats://b:4222");
          assertThat(config.nats().namePrefix()).isEqualTo("shop-");
          assertThat(config.nats().replicas()).isEqualTo(3);
          assertThat(config.nats().requestTimeout()).isEqualTo(Duration.ofSeconds(2));
          assertThat(config.nats().maxInFlightBytes()).isEqualTo(2 << 20);
          assertThat(config.nats().tls().map(TlsConfig::mode)).contains(TlsConfig.Mode.VERIFY_FULL);
          assertThat(config.nats().authentication())
              .containsInstanceOf(Authentication.UserPassword.class);
        },
        "persistence.nats.servers=nats://a:4222,nats://b:4222",
        "persistence.nats.name-prefix=shop-",
        "persistence.nats.replicas=3",
        "persistence.nats.request-timeout=2s",
        "persistence.nats.max-in-flight-bytes=2MB",
        "persistence.nats.username=agent",
        "persistence.nats.password=hidden",
        "persistence.nats.tls.mode=verify-full");
  }

  @Test
  void connectToPostgresql() {
    configured(
        config -> {
          PostgresConfig postgres = config.postgres();
          assertThat(postgres.template()).isEqualTo(PostgresConfig.Template.PRODUCTION);
          assertThat(postgres.role(PostgresRole.PRIMARY).minConnections()).isEqualTo(3);
          assertThat(postgres.role(PostgresRole.PRIMARY).maxConnections()).isEqualTo(3);
          assertThat(postgres.acquireTimeout()).isEqualTo(Duration.ofSeconds(4));
          assertThat(postgres.statementTimeout()).isEqualTo(Duration.ofSeconds(6));
          assertThat(postgres.replicas()).isEqualTo(2);
          assertThat(postgres.replica(1).jdbcUrl()).contains("second:5433");
          assertThat(postgres.partitionUpkeep()).isZero();
          assertThat(postgres.migrateOnOpen()).isFalse();
        },
        "persistence.postgres.template=production",
        "persistence.postgres.max-connections=3",
        "persistence.postgres.acquire-timeout=4s",
        "persistence.postgres.statement-timeout=6s",
        "persistence.postgres.replicas=first,second:5433",
        "persistence.postgres.partition-upkeep=0s",
        "persistence.migrations.on-open=false");
  }

  @Test
  void setTheRuntime() {
    configured(
        config -> {
          assertThat(config.runtimeName()).isEqualTo("shop-1");
          assertThat(config.postgres().migrationSets()).containsExactly("audit", "events");
          assertThat(config.flush().dirtyKeys()).isEqualTo(10);
          assertThat(config.flush().closeDeadline()).isEqualTo(Duration.ofSeconds(3));
          assertThat(config.cache().isOn(DataType.AGENT_STATE)).isFalse();
          assertThat(config.backpressure().policy()).isEqualTo(BackpressureConfig.Policy.BLOCK);
          assertThat(config.backpressure().maxWait()).isEqualTo(Duration.ofSeconds(1));
          assertThat(config.monitoring().upkeep()).isFalse();
          assertThat(config.monitoring().checkInterval()).isEqualTo(Duration.ofMinutes(1));
        },
        "persistence.runtime-name=shop-1",
        "persistence.migrations.sets=audit,events",
        "persistence.flush.dirty-keys=10",
        "persistence.flush.close-deadline=3s",
        "persistence.cache.enabled=false",
        "persistence.backpressure.policy=block",
        "persistence.backpressure.max-wait=1s",
        "persistence.monitoring.upkeep=false",
        "persistence.monitoring.check-interval=1m");
  }

  @Test
  void refuseTwoCredentials() {
    runner
        .withPropertyValues("persistence.nats.username=agent", "persistence.nats.token=hidden")
        .run(
            context ->
                assertThat(context).getFailure().hasStackTraceContaining("several credentials"));
  }

  @Test
  void refuseATlsFileWithoutMode() {
    runner
        .withPropertyValues("persistence.nats.tls.root-certificate=/ca.pem")
        .run(
            context ->
                assertThat(context).getFailure().hasStackTraceContaining("without tls.mode"));
  }

  @Test
  void printNoSecret() {
    runner
        .withPropertyValues(
            "persistence.nats.username=agent",
            "persistence.nats.password=hidden",
            "persistence.postgres.password=hidden")
        .run(
            context -> {
              assertThat(context.getBean(NatsProperties.class).toString()).doesNotContain("hidden");
              assertThat(context.getBean(PostgresProperties.class).toString())
                  .doesNotContain("hidden");
              assertThat(context.getBean(PersistenceConfig.class).toString())
                  .doesNotContain("hidden");
            });
  }
}

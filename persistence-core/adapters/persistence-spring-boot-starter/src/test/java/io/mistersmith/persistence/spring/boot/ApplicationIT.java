package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.ApplicationTransaction;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spring.boot.sample.Notes;
import io.mistersmith.persistence.spring.boot.sample.SampleApplication;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.mistersmith.persistence.transaction.TransactionOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** An application of this line of Spring Boot, with all that it configures, on real servers. */
class ApplicationIT {

  private static final PostgresServer POSTGRES = TestServers.postgres();
  private static final String DATABASE = "spring_boot_" + BootLine.VERSION.charAt(0);

  private static String url = "";

  @BeforeAll
  static void createDatabase() {
    url = POSTGRES.createDatabase(DATABASE);
  }

  @AfterAll
  static void dropDatabase() {
    POSTGRES.dropDatabase(DATABASE);
  }

  private static ConfigurableApplicationContext start(String... more) {
    List<String> properties = new ArrayList<>(List.of(more));
    properties.add("spring.datasource.url=" + url);
    properties.add("spring.datasource.username=" + POSTGRES.user());
    POSTGRES.password().ifPresent(it -> properties.add("spring.datasource.password=" + it));
    properties.add("spring.flyway.locations=classpath:db/app");
    properties.add("persistence.nats.servers=" + TestServers.nats().url());
    properties.add("persistence.nats.name-prefix=" + DATABASE + "-");
    return new SpringApplicationBuilder(SampleApplication.class)
        .web(WebApplicationType.NONE)
        .bannerMode(Banner.Mode.OFF)
        .properties(properties.toArray(String[]::new))
        .run();
  }

  private static String hikariVersion() throws IOException {
    Properties artifact = new Properties();
    try (InputStream file =
        HikariDataSource.class.getResourceAsStream(
            "/META-INF/maven/com.zaxxer/HikariCP/pom.properties")) {
      artifact.load(Objects.requireNonNull(file));
    }
    return artifact.getProperty("version");
  }

  @Test
  void startsStopsAndContinues() throws IOException {
    assertThat(SpringBootVersion.getVersion()).startsWith(BootLine.VERSION + ".");
    assertThat(hikariVersion()).startsWith(BootLine.HIKARI + ".");
    AgentId agent;
    try (ConfigurableApplicationContext context = start()) {
      agent = context.getBean(Notes.class).register("Ada", "first");
      var unused = context.getBean(Persistence.class).operations().health().check();
      assertThat(BootLine.health(context).details()).containsKey("components");
      assertThat(BootLine.health(context).status()).isEqualTo("UP");
      assertThat(context.getBean(MeterRegistry.class).getMeters())
          .anyMatch(meter -> meter.getId().getName().startsWith("persistence."));
      assertThat(context.getBean(JacksonCodecs.class)).isNotNull();
      Map<String, Object> applied =
          context
              .getBean(JdbcTemplate.class)
              .queryForMap("SELECT count(*) AS scripts FROM flyway_schema_history WHERE success");
      assertThat(applied).containsEntry("scripts", 1L);
    }
    try (ConfigurableApplicationContext context = start()) {
      assertThat(context.getBean(Notes.class).read(agent)).isEqualTo("first");
      assertThat(
              context
                  .getBean(JdbcTemplate.class)
                  .queryForObject(
                      "SELECT count(*) FROM agents.state WHERE agent_id = ?",
                      Long.class,
                      agent.uuid()))
          .isEqualTo(1L); // the stop has flushed it
    }
  }

  @Test
  void sharesTheDataSourceAndTheTransactionOfTheApplication() {
    try (ConfigurableApplicationContext context =
        start("persistence.postgres.use-data-source=true")) {
      Persistence persistence = context.getBean(Persistence.class);
      assertThat(persistence.operations().notices())
          .anyMatch(notice -> notice.contains("the application's data source"));
      DataSource pool = context.getBean(DataSource.class);
      TransactionTemplate transactions =
          new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
      Agent kept = Agent.of("writer", "kept");
      Agent undone = Agent.of("writer", "undone");
      transactions.executeWithoutResult(status -> save(persistence, pool, kept));
      transactions.executeWithoutResult(
          status -> {
            save(persistence, pool, undone);
            status.setRollbackOnly();
          });
      assertThat(persistence.agents().find(kept.id())).isPresent();
      assertThat(persistence.agents().find(undone.id())).isEmpty();
    }
  }

  private static void save(Persistence persistence, DataSource pool, Agent agent) {
    var unused =
        ApplicationTransaction.join(
            persistence,
            DataSourceUtils.getConnection(pool),
            TransactionOptions.of(TransactionOptions.Boundary.SINGLE_OPERATION, "save an agent"),
            transaction -> transaction.agents().save(agent));
  }
}

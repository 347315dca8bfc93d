package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.util.Iterator;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class PostgresSourceTest {

  private static final String URL = "jdbc:postgresql://db/application";

  private final DataSource pool = new PGSimpleDataSource();
  private final DatabaseAddress application =
      DatabaseAddress.of(() -> URL, () -> "app", () -> "hidden");

  private static PostgresProperties properties(String... values) {
    MapConfigurationPropertySource source = new MapConfigurationPropertySource();
    Iterator<String> each = List.of(values).iterator();
    while (each.hasNext()) {
      source.put("persistence.postgres." + each.next(), each.next());
    }
    return new Binder(source)
        .bindOrCreate("persistence.postgres", Bindable.of(PostgresProperties.class));
  }

  private static PostgresSource find(
      PostgresProperties properties,
      @Nullable DatabaseAddress application,
      @Nullable DataSource marked,
      @Nullable DataSource unmarked) {
    return PostgresSource.find(properties, application, marked, () -> unmarked);
  }

  @Test
  void connectsToTheDatabaseOfTheApplication() {
    PostgresSource source = find(properties(), application, null, pool);
    assertThat(source.dataSource()).isEmpty();
    PostgresConfig config = source.config().build();
    assertThat(config.jdbcUrl()).isEqualTo(URL);
    assertThat(config.user()).isEqualTo("app");
    assertThat(config.password().orElseThrow().reveal()).isEqualTo("hidden");
  }

  @Test
  void anOwnAddressHasPrecedence() {
    PostgresSource source =
        find(
            properties("url", "jdbc:postgresql://own/memory", "username", "own"),
            application,
            null,
            pool);
    assertThat(source.dataSource()).isEmpty();
    assertThat(source.config().build().jdbcUrl()).isEqualTo("jdbc:postgresql://own/memory");
  }

  @Test
  void aMarkedDataSourceHasPrecedence() {
    PostgresSource source =
        find(properties("url", URL, "username", "own"), application, pool, null);
    assertThat(source.dataSource()).containsSame(pool);
  }

  @Test
  void usesTheDataSourceOnRequest() {
    PostgresSource source = find(properties("use-data-source", "true"), application, null, pool);
    assertThat(source.dataSource()).containsSame(pool);
    assertThat(source.config().build().jdbcUrl()).isEqualTo(URL);
  }

  @Test
  void usesTheDataSourceWhereThereIsNoAddress() {
    PostgresSource source = find(properties(), null, null, pool);
    assertThat(source.dataSource()).containsSame(pool);
    assertThat(source.config().build().jdbcUrl()).contains("application.invalid");
  }

  @Test
  void failsWhereTheDataSourceThatWasAskedForIsMissing() {
    assertThatThrownBy(() -> find(properties("use-data-source", "true"), application, null, null))
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessageContaining("@PersistenceDataSource");
  }

  @Test
  void failsWithoutUser() {
    assertThatThrownBy(() -> find(properties("url", URL), null, null, null).config())
        .isInstanceOf(NonTransientPersistenceException.class)
        .hasMessageContaining("persistence.postgres.username");
  }

  @Test
  void findsTheAddressOfSpring() {
    new ApplicationContextRunner()
        .withConfiguration(BootLine.own())
        .withConfiguration(BootLine.jdbc())
        .withBean(InMemoryStores.class, InMemoryStores::new)
        .withPropertyValues(
            "spring.datasource.url=" + URL,
            "spring.datasource.username=app",
            "spring.datasource.password=hidden")
        .run(
            context -> {
              assertThat(context).hasSingleBean(BootLine.jdbcConnectionDetails());
              DatabaseAddress found = context.getBean(DatabaseAddress.class);
              assertThat(found.url()).isEqualTo(URL);
              assertThat(found.username()).isEqualTo("app");
              assertThat(found.password()).isEqualTo("hidden");
            });
  }
}

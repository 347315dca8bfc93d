package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.PersistenceConfig;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The library and the command line of the migrations have a list each of the names of settings, as
 * neither may import the other: the names and defaults in both are the same.
 */
class SettingNamesTest {

  /** The seeds' names, with the defaults that they give. */
  private static final Map<String, String> GIVEN = new TreeMap<>();

  static {
    GIVEN.put("PG_HOST", "localhost");
    GIVEN.put("PG_PORT", "5432");
    GIVEN.put("PG_DATABASE", "agent_system");
    GIVEN.put("PG_USER", "postgres");
    GIVEN.put("PG_PASSWORD", "");
    GIVEN.put("PG_APP_NAME", "agent_data_layer");
    GIVEN.put("PG_SOCKET_PATH", "/var/run/postgresql");
    GIVEN.put("PG_USE_SOCKET", "false");
    GIVEN.put("PG_SSL_ROOT_CERT", "");
    GIVEN.put("PG_CONNECT_TIMEOUT", "10");
    GIVEN.put("PG_STATEMENT_TIMEOUT", "30");
    GIVEN.put("PG_MAX_CONNECTIONS", "10");
    GIVEN.put("PG_MIN_CONNECTIONS", "2");
    GIVEN.put("NATS_SERVERS", "nats://localhost:4222");
    GIVEN.put("NATS_CREDS_FILE", "");
    GIVEN.put("NATS_TLS_CERT", "");
    GIVEN.put("NATS_TLS_KEY", "");
    GIVEN.put("NATS_CA_CERT", "");
    GIVEN.put("NATS_KV_PREFIX", "agent_");
    GIVEN.put("NATS_KV_TTL_MINUTES", "30");
    GIVEN.put("NATS_KV_REPLICAS", "3");
    GIVEN.put("NATS_KV_MAX_SIZE", "1GB");
    GIVEN.put("NATS_KV_COMPRESSION", "true");
    for (String role : Set.of("PRIMARY", "REPLICA", "BACKGROUND", "ANALYTICS")) {
      GIVEN.put(role + "_DB_PASSWORD", "");
    }
  }

  @Test
  void theGivenNamesHaveTheGivenDefaults() {
    assertThat(PersistenceConfig.environmentNames()).containsAllEntriesOf(GIVEN);
  }

  @Test
  void theCommandLineReadsTheSameNamesWithTheSameDefaults() throws ReflectiveOperationException {
    Class<?> names = Class.forName("io.mistersmith.persistence.cli.ConnectionSetting");
    Method byDefault = names.getDeclaredMethod("byDefault");
    byDefault.setAccessible(true);
    Map<String, Object> ofMigrations = new TreeMap<>();
    for (Object name : names.getEnumConstants()) {
      ofMigrations.put(((Enum<?>) name).name(), byDefault.invoke(name));
    }
    Map<String, Object> ours = new TreeMap<>(PersistenceConfig.environmentNames());
    assertThat(ours).containsAllEntriesOf(ofMigrations);
    ours.keySet()
        .removeIf(
            name ->
                name.matches("(PG_(STATEMENT_TIMEOUT|M.._CONNECTIONS)|NATS_.*)")
                    || (name.contains("_DB_") && !name.startsWith("MIGRATION")));
    assertThat(ofMigrations.keySet())
        .as("all that concern a connection to PostgreSQL")
        .containsExactlyElementsOf(ours.keySet());
  }

  @Test
  void thePageNamesEachOfThem() throws Exception {
    String page = Files.readString(Path.of("docs/configuration.md"));
    assertThat(PersistenceConfig.environmentNames().keySet())
        .filteredOn(name -> !name.contains("_DB_"))
        .allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
  }
}

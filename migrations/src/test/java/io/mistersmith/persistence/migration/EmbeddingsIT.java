package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Embeddings on a server without any extension. */
class EmbeddingsIT extends EmbeddingsContract {
  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @BeforeAll
  static void migrate() {
    server = PostgresServer.start(PostgresOptions.defaults().withoutSync());
    database = new TestDatabase(server);
    MigrationRunner.of(database.dataSource()).apply();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  TestDatabase database() {
    return database;
  }

  @Test
  void itSaysHowItSearches() throws SQLException {
    assertThat(database.query("SELECT knowledge.embedding_search_method()"))
        .containsExactly("exact scan in SQL; pgvector is not installed");
  }
}

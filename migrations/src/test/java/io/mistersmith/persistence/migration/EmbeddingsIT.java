package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Embeddings on a server without any extension. */
class EmbeddingsIT extends EmbeddingsContract {
  @SuppressWarnings("NullAway.Init") // set before the tests
  private static TestDatabase database;

  @BeforeAll
  static void migrate() throws SQLException {
    database = TestDatabase.migrated(MigratedDatabases.server(18));
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

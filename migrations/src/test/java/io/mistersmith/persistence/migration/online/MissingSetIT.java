package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.MigratedDatabases;
import io.mistersmith.persistence.migration.model.MigrationException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A database with the core set alone: the message of a call that needs another set names it. */
class MissingSetIT {
  private final PGSimpleDataSource database;

  MissingSetIT() throws SQLException {
    database = MigratedDatabases.migrated(MigratedDatabases.server(18));
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE public.t (id INT PRIMARY KEY)");
    }
  }

  @Test
  void columnNeedsTheSetOnline() {
    OnlineColumn column =
        OnlineColumn.builder()
            .dataSource(database)
            .table("public.t")
            .column("c")
            .type("INT")
            .build();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(column::run)
        .withMessageContaining("Apply the set 'online' of the migrations first.");
  }

  @Test
  void shadowTableNeedsTheSetOnline() {
    ShadowTable shadow =
        ShadowTable.builder()
            .dataSource(database)
            .table("public.t")
            .definition("id BIGINT PRIMARY KEY")
            .build();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(shadow::run)
        .withMessageContaining("Apply the set 'online' of the migrations first.");
  }

  @Test
  void recommendationsNeedTheSetMonitoring() {
    IndexRecommendations recommendations =
        new IndexRecommendations(
            database, new ConcurrentIndex(database, ConcurrentIndex.Settings.defaults()));
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(recommendations::pending)
        .withMessageContaining("Apply the set 'monitoring' of the migrations first.");
  }
}

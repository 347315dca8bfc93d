package io.mistersmith.persistence.core;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.model.PostgresRole;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;

/** Users of the set roles, one for each pool. They last as long as the server of all tests. */
public final class LeastPrivilege {

  private static final String PASSWORD = "secret";
  private static final String RUN = "_" + ProcessHandle.current().pid();

  private LeastPrivilege() {}

  /**
   * Applies the set roles, after others, to the database of a configuration, and returns the
   * configuration with these users.
   *
   * @param direct leads to the database as its owner
   */
  public static PostgresConfig declared(PostgresConfig direct, String... sets) {
    PGSimpleDataSource owner = new PGSimpleDataSource();
    owner.setUrl(direct.jdbcUrl());
    owner.setUser(direct.user());
    direct.password().ifPresent(secret -> owner.setPassword(secret.reveal()));
    MigrationRunner.builder()
        .dataSource(owner)
        .sets(Stream.concat(Stream.of(sets), Stream.of("roles")).toArray(String[]::new))
        .build()
        .apply();
    try (Connection connection = owner.getConnection();
        Statement statement = connection.createStatement()) {
      for (String role : List.of("primary", "flush", "background")) {
        statement.execute(
            """
            DO $$ BEGIN
              CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE app_%s;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
              RAISE DEBUG 'it is there';
            END $$
            """
                .formatted(user(role), PASSWORD, role));
      }
      if (sets.length > 0) {
        statement.execute("SELECT agents.grant_role_rights()"); // they may have been applied later
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return direct.toBuilder()
        .user(user("primary"))
        .password(PASSWORD)
        .role(PostgresRole.FLUSH, role -> role.user(user("flush")))
        .role(PostgresRole.BACKGROUND, role -> role.user(user("background")))
        .build();
  }

  private static String user(String role) {
    return "least_" + role + RUN;
  }
}

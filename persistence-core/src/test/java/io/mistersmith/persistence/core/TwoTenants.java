package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ChangeFeedConfig;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.store.nats.PermissionTemplate;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Two tenants that share one database and one account of NATS. Each has users of the set roles, and
 * a name prefix with the permissions of the template.
 */
final class TwoTenants implements AutoCloseable {

  private static final String OURS = "acme_";
  private static final String THEIRS = "globex_";

  private final String suffix = UUID.randomUUID().toString().substring(0, 8);
  private final String jdbcUrl;
  private final NatsServer nats;

  private TwoTenants(String jdbcUrl, NatsServer nats) {
    this.jdbcUrl = jdbcUrl;
    this.nats = nats;
  }

  static TwoTenants start() {
    String jdbcUrl = MigratedDatabase.create();
    PostgresServer server = TestServers.postgres();
    PGSimpleDataSource owner = new PGSimpleDataSource();
    owner.setUrl(jdbcUrl);
    owner.setUser(server.user());
    server.password().ifPresent(owner::setPassword);
    MigrationRunner.builder()
        .dataSource(owner)
        .sets("monitoring", "state_search", "tenants", "roles")
        .build()
        .apply();
    NatsServer nats =
        NatsServer.start(
            NatsOptions.defaults()
                .withConfigLine("RUNTIME_PASSWORD: \"secret\"")
                .withConfigLine(PermissionTemplate.ofAll(OURS, THEIRS)));
    TwoTenants tenants = new TwoTenants(jdbcUrl, nats);
    // Whichever of the two sets was applied last, the rights are those beside the other one.
    tenants.execute("SELECT agents.grant_role_rights()");
    for (String prefix : List.of(OURS, THEIRS)) {
      for (String role : List.of("primary", "flush", "background")) {
        tenants.execute(
            "CREATE ROLE %s LOGIN PASSWORD 'secret' IN ROLE app_%s"
                .formatted(tenants.user(prefix, role), role));
      }
    }
    return tenants;
  }

  /** Opens the runtime of the tenant whose data it is. */
  Persistence openOurs() {
    return open(OURS, UUID.fromString("aaaaaaaa-0000-4000-8000-000000000001"));
  }

  /** Opens the runtime of the tenant who tries to reach it. */
  Persistence openTheirs() {
    return open(THEIRS, UUID.fromString("bbbbbbbb-0000-4000-8000-000000000002"));
  }

  private Persistence open(String prefix, UUID tenant) {
    PostgresConfig postgres =
        PostgresConfig.builder(jdbcUrl, user(prefix, "primary"))
            .password("secret")
            .connections(1, 4)
            .allRoles(role -> role.setting("app.current_tenant_id", tenant.toString()))
            .role(PostgresRole.FLUSH, role -> role.user(user(prefix, "flush")))
            .role(PostgresRole.BACKGROUND, role -> role.user(user(prefix, "background")))
            .build();
    NatsConfig hot =
        NatsConfig.builder(nats.url().replace("://", "://" + prefix + "runtime:secret@"))
            .namePrefix(prefix)
            .build();
    return Persistence.open(
        PersistenceConfig.builder(hot, postgres)
            .changeFeed(ChangeFeedConfig.off())
            .monitoring(MonitoringConfig.builder().upkeep(false).build())
            .build());
  }

  private String user(String prefix, String role) {
    return prefix + role + "_" + suffix;
  }

  private void execute(String sql) {
    PostgresServer server = TestServers.postgres();
    try (Connection connection =
            DriverManager.getConnection(jdbcUrl, server.user(), server.password().orElse(""));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    nats.close();
  }
}

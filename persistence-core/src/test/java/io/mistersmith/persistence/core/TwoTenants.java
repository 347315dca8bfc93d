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
import io.mistersmith.persistence.security.EncryptionConfig;
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
import java.util.function.Consumer;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Two tenants that share one database and one account of NATS. Each has users of the set roles, and
 * a name prefix with the permissions of the template.
 */
final class TwoTenants implements AutoCloseable {

  private static final String OURS = "acme_";
  private static final String THEIRS = "globex_";

  /** The runtime that does for both what needs the rows of all tenants. */
  private static final String ALL = "all_";

  private static final UUID OUR_ID = UUID.fromString("aaaaaaaa-0000-4000-8000-000000000001");
  private static final UUID THEIR_ID = UUID.fromString("bbbbbbbb-0000-4000-8000-000000000002");

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
        .sets("monitoring", "state_search", "events", "tenants", "roles")
        .build()
        .apply();
    NatsServer nats =
        NatsServer.start(
            NatsOptions.defaults()
                .withConfigLine("RUNTIME_PASSWORD: \"secret\"")
                .withConfigLine(PermissionTemplate.withOneOfAll(ALL, OURS, THEIRS)));
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
    for (String role : List.of("primary", "flush", "background")) {
      tenants.execute(
          "CREATE ROLE %s LOGIN PASSWORD 'secret' IN ROLE app_%s, app_flusher"
              .formatted(tenants.user(ALL, role), role));
    }
    return tenants;
  }

  /** Opens the runtime of the tenant whose data it is. */
  Persistence openOurs() {
    return open(OURS, OUR_ID, builder -> {});
  }

  /** Opens the runtime of the tenant who tries to reach it. */
  Persistence openTheirs() {
    return open(THEIRS, THEIR_ID, builder -> {});
  }

  /** Opens the runtime of the tenant whose data it is, with its entries encrypted. */
  Persistence openOurs(EncryptionConfig encryption) {
    return open(OURS, OUR_ID, builder -> builder.encryption(encryption));
  }

  /** Opens the runtime of the tenant who tries to reach it, with its entries encrypted. */
  Persistence openTheirs(EncryptionConfig encryption) {
    return open(THEIRS, THEIR_ID, builder -> builder.encryption(encryption));
  }

  /** Opens a runtime that publishes the changes of both tenants. */
  Persistence openAll() {
    return Persistence.open(
        PersistenceConfig.builder(hot(ALL), postgres(ALL).build())
            .changeFeed(
                ChangeFeedConfig.builder()
                    .tenantPrefix(OUR_ID, OURS)
                    .tenantPrefix(THEIR_ID, THEIRS)
                    .build())
            .monitoring(MonitoringConfig.builder().upkeep(false).build())
            .build());
  }

  private Persistence open(String prefix, UUID tenant, Consumer<PersistenceConfig.Builder> more) {
    PostgresConfig postgres =
        postgres(prefix)
            .allRoles(role -> role.setting("app.current_tenant_id", tenant.toString()))
            .build();
    PersistenceConfig.Builder config =
        PersistenceConfig.builder(hot(prefix), postgres)
            .changeFeed(ChangeFeedConfig.off())
            .monitoring(MonitoringConfig.builder().upkeep(false).build());
    more.accept(config);
    return Persistence.open(config.build());
  }

  private PostgresConfig.Builder postgres(String prefix) {
    return PostgresConfig.builder(jdbcUrl, user(prefix, "primary"))
        .password("secret")
        .connections(1, 4)
        .role(PostgresRole.FLUSH, role -> role.user(user(prefix, "flush")))
        .role(PostgresRole.BACKGROUND, role -> role.user(user(prefix, "background")));
  }

  private NatsConfig hot(String prefix) {
    return NatsConfig.builder(nats.url().replace("://", "://" + prefix + "runtime:secret@"))
        .namePrefix(prefix)
        .build();
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

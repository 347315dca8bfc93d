package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How to reach PostgreSQL.
 *
 * @param url JDBC URL. By default that of spring.datasource.
 * @param username User to connect as.
 * @param password Password of the user.
 * @param useDataSource Whether the application's DataSource is used in place of own pools.
 * @param dataSourceRoles Roles that use the DataSource, where one is used.
 * @param template Sizes and times of the pools, for an environment.
 * @param pooler What is between this process and the server.
 * @param tls Encryption of the connections.
 * @param minConnections Smallest size of the callers' pool. By default the template's.
 * @param maxConnections Largest size of the callers' pool. By default the template's.
 * @param acquireTimeout How long a call waits for a connection. By default the template's.
 * @param statementTimeout How long one statement may take. By default that of each role.
 * @param replicas Servers that stream from the primary, each as host or host:port.
 * @param maxReplicaLag How far a replica may be behind the primary to be read from.
 * @param partitionUpkeep How often time partitions are maintained; zero where something else does.
 */
@ConfigurationProperties("persistence.postgres")
record PostgresProperties(
    @Nullable String url,
    @Nullable String username,
    @Nullable String password,
    @DefaultValue("false") boolean useDataSource,
    @DefaultValue({"primary", "background", "flush", "migration"})
        Set<PostgresRole> dataSourceRoles,
    @DefaultValue("standard") PostgresConfig.Template template,
    @DefaultValue("none") PostgresConfig.Pooler pooler,
    @DefaultValue @NestedConfigurationProperty TlsProperties tls,
    @Nullable Integer minConnections,
    @Nullable Integer maxConnections,
    @Nullable Duration acquireTimeout,
    @Nullable Duration statementTimeout,
    @DefaultValue List<String> replicas,
    @DefaultValue("5s") Duration maxReplicaLag,
    @DefaultValue("1h") Duration partitionUpkeep) {

  void applyTo(PostgresConfig.Builder postgres) {
    postgres.template(template).maxReplicaLag(maxReplicaLag).partitionUpkeep(partitionUpkeep);
    if (pooler != PostgresConfig.Pooler.NONE) {
      postgres.pooler(pooler);
    }
    tls.config().ifPresent(postgres::tls);
    if (acquireTimeout != null) {
      postgres.acquireTimeout(acquireTimeout);
    }
    if (statementTimeout != null) {
      postgres.statementTimeout(statementTimeout);
    }
    applyPoolSize(postgres);
    replicas.forEach(each -> postgres.replica(replica -> replica.host(each)));
  }

  private void applyPoolSize(PostgresConfig.Builder postgres) {
    if (minConnections == null && maxConnections == null) {
      return;
    }
    RoleConfig primary = postgres.build().role(PostgresRole.PRIMARY);
    int most = maxConnections == null ? primary.maxConnections() : maxConnections;
    int least = minConnections == null ? Math.min(primary.minConnections(), most) : minConnections;
    postgres.connections(least, most);
  }

  /** Prints no secret. */
  @Override
  public String toString() {
    return "PostgresProperties[template=" + template + "]";
  }
}

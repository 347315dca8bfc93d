package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.PostgresRole;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;

/** The data sources that the application hands over, by role. Immutable. */
public final class ApplicationSources {

  /** None: the library connects for all roles. */
  public static final ApplicationSources NONE = new ApplicationSources(Map.of());

  private final Map<PostgresRole, DataSource> sources;

  private ApplicationSources(Map<PostgresRole, DataSource> sources) {
    this.sources = Collections.unmodifiableMap(sources);
  }

  /**
   * Returns these and another one.
   *
   * @throws IllegalArgumentException for the role of replicas, which have a server each
   */
  public ApplicationSources with(PostgresRole role, DataSource source) {
    if (role == PostgresRole.REPLICA) {
      throw new IllegalArgumentException(
          "a data source cannot be handed over for REPLICA, which has any number of servers; name"
              + " each with PostgresConfig.Builder.replica");
    }
    Map<PostgresRole, DataSource> more = new EnumMap<>(PostgresRole.class);
    more.putAll(sources);
    more.put(role, Objects.requireNonNull(source, "source"));
    return new ApplicationSources(more);
  }

  /** Returns the data source of a role; empty where the library connects. */
  Optional<DataSource> find(PostgresRole role) {
    return Optional.ofNullable(sources.get(role));
  }
}

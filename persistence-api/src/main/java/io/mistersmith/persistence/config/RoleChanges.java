package io.mistersmith.persistence.config;

import io.mistersmith.persistence.model.PostgresRole;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * How roles differ from the template: what all have in common, what each has for itself, and what
 * each replica has. The order in which they are given does not matter. Not thread-safe.
 */
final class RoleChanges {

  private UnaryOperator<RoleConfig.Builder> all = UnaryOperator.identity();
  private final Map<PostgresRole, UnaryOperator<RoleConfig.Builder>> roles =
      new EnumMap<>(PostgresRole.class);
  private final List<UnaryOperator<RoleConfig.Builder>> replicas = new ArrayList<>();

  RoleChanges copy() {
    RoleChanges copy = new RoleChanges();
    copy.all = all;
    copy.roles.putAll(roles);
    copy.replicas.addAll(replicas);
    return copy;
  }

  void addToAll(UnaryOperator<RoleConfig.Builder> change) {
    UnaryOperator<RoleConfig.Builder> before = all;
    all = config -> change.apply(before.apply(config));
  }

  void add(PostgresRole role, UnaryOperator<RoleConfig.Builder> change) {
    UnaryOperator<RoleConfig.Builder> before = roles.getOrDefault(role, UnaryOperator.identity());
    roles.put(role, config -> change.apply(before.apply(config)));
  }

  void addReplica(UnaryOperator<RoleConfig.Builder> change) {
    replicas.add(change);
  }

  boolean has(PostgresRole role) {
    return roles.containsKey(role);
  }

  List<UnaryOperator<RoleConfig.Builder>> replicas() {
    return replicas;
  }

  /** Applies those of all roles and then the role's own to the template's values. */
  RoleConfig.Builder applyTo(PostgresRole role, RoleConfig.Builder template) {
    return roles.getOrDefault(role, UnaryOperator.identity()).apply(all.apply(template));
  }
}

package io.mistersmith.persistence.migration.internal.lint;

import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import io.mistersmith.persistence.migration.internal.sql.StatementReader;
import io.mistersmith.persistence.migration.internal.sql.TableLock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** A script as the rules see it. Immutable. */
final class Script {
  private final String fileName;
  private final String sql;
  private final LintHeader header;
  private final List<StatementFacts> statements;
  private final KnownTables tables;
  private final Map<ObjectName, Integer> created = new HashMap<>();

  Script(String fileName, String sql, KnownTables earlier) {
    this.fileName = fileName;
    this.sql = sql;
    this.header = LintHeader.of(sql);
    this.statements = StatementReader.read(fileName, sql);
    this.tables = earlier.plus(statements);
    for (StatementFacts facts : statements) {
      facts.creates().forEach(name -> created.putIfAbsent(name, offset(facts)));
    }
  }

  String fileName() {
    return fileName;
  }

  String sql() {
    return sql;
  }

  LintHeader header() {
    return header;
  }

  List<StatementFacts> statements() {
    return statements;
  }

  /** The tables that this script and those before it create. */
  KnownTables tables() {
    return tables;
  }

  /** Whether it takes a version back. */
  boolean wayBack() {
    String name = fileName.substring(fileName.lastIndexOf('/') + 1);
    return name.startsWith("U") && name.length() > 1 && Character.isDigit(name.charAt(1));
  }

  /** The statements of a kind. */
  <T extends StatementFacts> Stream<T> all(Class<T> kind) {
    return statements.stream().filter(kind::isInstance).map(kind::cast);
  }

  /** Each change of each table that existed before the script. */
  void onExistingTables(BiConsumer<AlterTable, AlterAction> consumer) {
    all(AlterTable.class)
        .filter(alter -> alter.ofTable() && existed(alter.table(), alter))
        .forEach(alter -> alter.actions().forEach(action -> consumer.accept(alter, action)));
  }

  /** Whether the relation is there when the script comes, rather than made by it before. */
  boolean existed(ObjectName relation, StatementFacts at) {
    Integer since = created.get(relation);
    return since == null || since > offset(at);
  }

  /** The locks on relations that others may use. */
  Stream<TableLock> locksOnExisting() {
    return statements.stream()
        .flatMap(facts -> facts.locks().stream().filter(l -> existed(l.relation(), facts)));
  }

  private static int offset(StatementFacts facts) {
    return facts.statement().tokens().get(0).start();
  }
}

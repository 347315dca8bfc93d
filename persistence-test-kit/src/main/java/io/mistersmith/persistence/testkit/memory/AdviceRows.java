package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.operations.Advice.IndexFinding;
import io.mistersmith.persistence.operations.Advice.SlowStatement;
import io.mistersmith.persistence.testkit.memory.AdviceTables.Recommended;
import java.util.List;
import java.util.UUID;

/** The tables of advice as one transaction sees them. */
final class AdviceRows {

  final Rows<String, IndexFinding> findings;
  final Rows<String, SlowStatement> statements;
  final Rows<UUID, Recommended> recommendations;

  AdviceRows(Transaction transaction, AdviceTables content, AdviceTables seen) {
    findings = new Rows<>(transaction, content.findings(), seen.findings());
    statements = new Rows<>(transaction, content.statements(), seen.statements());
    recommendations = new Rows<>(transaction, content.recommendations(), seen.recommendations());
  }

  List<Rows<?, ?>> all() {
    return List.of(findings, statements, recommendations);
  }
}

package io.mistersmith.persistence.core.fault.table;

import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.PostDiscoveryFilter;

/**
 * Selects cells by name: methods when they are discovered, and each invocation with arguments
 * before it runs, since its arguments are not known earlier. JUnit creates it as an extension only
 * where a table enables the detection of extensions, as {@link TableRun} does.
 */
public final class SelectedCells implements ExecutionCondition {

  static final String PARAMETER = "persistence.faults.cell";
  static final String NOT_SELECTED = "not selected";

  private static final ConditionEvaluationResult RUNS = ConditionEvaluationResult.enabled("");

  /** Lets pass what contains a selected method. */
  static PostDiscoveryFilter methods(Pattern cells) {
    return descriptor -> FilterResult.includedIf(isIncluded(cells, descriptor));
  }

  private static boolean isIncluded(Pattern cells, TestDescriptor descriptor) {
    return descriptor
        .getSource()
        .filter(MethodSource.class::isInstance)
        .map(source -> methodName((MethodSource) source))
        .map(
            name ->
                descriptor.isTest()
                    ? CellName.isSelected(cells, name)
                    : CellName.mayBeSelected(cells, name))
        .orElse(descriptor.getChildren().isEmpty());
  }

  static String methodName(MethodSource source) {
    return CellName.ofClass(source.getClassName()) + "." + source.getMethodName();
  }

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return context
        .getConfigurationParameter(PARAMETER)
        .filter(cells -> context.getUniqueId().contains("-invocation:#"))
        .filter(cells -> !CellName.isSelected(Pattern.compile(cells), invocation(context)))
        .map(cells -> ConditionEvaluationResult.disabled(NOT_SELECTED))
        .orElse(RUNS);
  }

  private static String invocation(ExtensionContext context) {
    return CellName.of(
        CellName.of(context.getRequiredTestClass(), context.getRequiredTestMethod()),
        context.getDisplayName());
  }
}

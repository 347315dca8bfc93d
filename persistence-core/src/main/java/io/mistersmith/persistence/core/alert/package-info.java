/**
 * Receivers of alerts, to be given to {@code MonitoringConfig.sink}. An application that brings its
 * own needs nothing of this package.
 */
@NullMarked
package io.mistersmith.persistence.core.alert;

import org.jspecify.annotations.NullMarked;

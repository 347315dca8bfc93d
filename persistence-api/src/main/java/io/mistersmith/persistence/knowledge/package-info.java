/**
 * Knowledge of agents: facts with their source and validity, and search by words and by vectors.
 */
@NullMarked
package io.mistersmith.persistence.knowledge;

import org.jspecify.annotations.NullMarked;

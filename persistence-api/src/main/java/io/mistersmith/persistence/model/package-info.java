/** The values that travel through the library: keys, revisions, agents, versioned results. */
@NullMarked
package io.mistersmith.persistence.model;

import org.jspecify.annotations.NullMarked;

"""Pictures drawn for this project, as samples for networks with an input of 32 px."""

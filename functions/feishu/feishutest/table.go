package feishutest

import "slices"

const (
	maxPageSize = 10
	maxColumns  = 50
)

func (i *inspector) countTable() error {
	i.tables++
	if i.tables > maxTables {
		return cardError{sub: 11310, msg: "card table number over limit", value: "table"}
	}
	return nil
}

func (i *inspector) table(o map[string]any, at place) error {
	if err := i.countTable(); err != nil {
		return err
	}
	if size, ok := o["page_size"]; ok {
		if n, isNumber := number(size); !isNumber || n < 1 || n > maxPageSize {
			return unparsable("page_size is out of range, path: %s", at.path)
		}
	}
	types, err := i.tableColumns(o["columns"], at)
	if err != nil {
		return err
	}
	rows, ok := o["rows"].([]any)
	if !ok {
		return cardError{sub: 200914, msg: "table rows are invalid"}
	}
	for _, r := range rows {
		row, ok := r.(map[string]any)
		if !ok {
			return cardError{sub: 200914, msg: "table rows are invalid"}
		}
		if err := i.tableRow(row, types, at); err != nil {
			return err
		}
	}
	return nil
}

// tableColumns maps the columns' names to their types.
func (i *inspector) tableColumns(value any, at place) (map[string]string, error) {
	columns, _ := value.([]any)
	if len(columns) == 0 {
		return nil, unparsable("columns is required, path: %s", at.path)
	}
	if len(columns) > maxColumns {
		i.warn("only %d of %d columns are shown", maxColumns, len(columns))
	}
	types := map[string]string{}
	for _, c := range columns {
		column, _ := c.(map[string]any)
		name, _ := column["name"].(string)
		if _, twice := types[name]; name == "" || twice {
			return nil, unparsable("column name is missing or stands twice, path: %s", at.path)
		}
		types[name] = "text"
		if dataType, ok := column["data_type"].(string); ok {
			types[name] = dataType
		}
		if !slices.Contains(dataTypes, types[name]) {
			return nil, unparsable("data_type %s is unknown, path: %s", types[name], at.path)
		}
	}
	return types, nil
}

func (i *inspector) tableRow(row map[string]any, types map[string]string, at place) error {
	for _, name := range sortedKeys(row) {
		dataType, declared := types[name]
		if !declared {
			return cardError{sub: 200915, msg: "table row key is not a column", value: name}
		}
		cell, isString := row[name].(string)
		if !isString && (dataType == "text" || dataType == "markdown" || dataType == "lark_md") {
			return cardError{sub: 200914, msg: "table rows are invalid", value: name}
		}
		if dataType == "markdown" || dataType == "lark_md" {
			if err := i.markdown(cell, at); err != nil {
				return err
			}
		}
	}
	return nil
}
